import type { ClickHouseClient } from '@clickhouse/client';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { database, rowsOf, untilMerged } from '../support/engine.js';
import { HISTORY } from './window.js';

const EVENTS_OF_PERSON = 50;
/** Sessions have 1 to 15 events, 8 on average. */
const MOST_EVENTS = 15;
const AVERAGE_EVENTS = 8;
/** One person in so many has two ids that are joined. */
const IDENTIFIED = 4;
const BLOCK_ROWS = 1_048_576;

export interface Filled {
  /** Events, each counted once. */
  readonly events: number;
  /** Rows beyond them: copies of retries that the engine has not merged yet. */
  readonly copies: number;
  readonly persons: number;
  readonly aliases: number;
}

/**
 * Has the engine make about so many events of a project, the same ones each time, into the table of the product: with
 * sessions, persons with several ids, robots, cookieless visitors, and copies of one event in a hundred. `history`: when
 * they happened.
 */
export async function fill(
  client: ClickHouseClient,
  project: number,
  events: number,
  history: Window = HISTORY,
): Promise<Filled> {
  const persons = Math.round(events / EVENTS_OF_PERSON);
  const sessions = Math.round(events / AVERAGE_EVENTS);
  const generated = generatedSql({ project, sessions, persons, history });
  const settings = `SETTINGS max_insert_threads = 2, min_insert_block_size_rows = ${BLOCK_ROWS}, max_block_size = 65536, max_partitions_per_insert_block = 0`;
  const insert = (received: string, condition: string): Promise<unknown> =>
    client.command({
      query: `INSERT INTO ${database}.events (${columns.join(', ')}) ${settings}
        SELECT ${columns.map((name) => (name === 'received_at' ? `${received} AS received_at` : name)).join(', ')}
        FROM (${generated}) WHERE ${condition}`,
    });
  await insert(`occur_time`, 'true');
  await insert(`addSeconds(occur_time, 5)`, 'event_number % 100 = 0');
  const aliases = await identify(client, project, persons);
  await untilMerged(client);
  const [row] = await rowsOf<{ events: number; rows: number }>(
    client,
    `SELECT (SELECT count() FROM ${database}.events FINAL WHERE project = ${project}) AS events,
       (SELECT count() FROM ${database}.events WHERE project = ${project}) AS rows`,
  );
  return { events: row!.events, copies: row!.rows - row!.events, persons, aliases };
}

/** Joins the two ids of each fourth person, as the mirrors of the product would. */
async function identify(client: ClickHouseClient, project: number, persons: number): Promise<number> {
  const count = Math.floor(persons / IDENTIFIED);
  const profile = `concat('profile-', toString(number * ${IDENTIFIED}))`;
  await client.command({
    query: `INSERT INTO ${database}.person_aliases (project, distinct_id, profile_id, version)
      SELECT ${project}, concat(['anon-', 'user-'][number % 2 + 1], toString(intDiv(number, 2) * ${IDENTIFIED})),
        concat('profile-', toString(intDiv(number, 2) * ${IDENTIFIED})), 1 FROM numbers(${count * 2})`,
  });
  await client.command({
    query: `INSERT INTO ${database}.profiles (project, profile_id, external_id, properties, numbers, deleted, version)
      SELECT ${project}, ${profile}, concat('user-', toString(number * ${IDENTIFIED})),
        map('plan', ['free', 'pro', 'team'][number % 3 + 1]), map(), false, 1 FROM numbers(${count})`,
  });
  return count * 2;
}

/** The columns of events that are generated. */
export const columns = [
  'project',
  'kind',
  'occur_time',
  'distinct_id',
  'session_id',
  'event_id',
  'received_at',
  'batch_id',
  'cookieless',
  'bot',
  'country',
  'region',
  'city',
  'browser',
  'os',
  'device',
  'platform',
  'url',
  'utm_source',
  'utm_campaign',
  'pathname',
  'hostname',
  'referrer_domain',
  'channel',
  'locale',
  'page_title',
  'properties',
  'numbers',
  'types',
];

/** A number from 0 up to the count, the small ones more often; the salt makes columns independent of each other. */
function skewed(of: string, salt: number, count: number): string {
  return `toUInt32(floor(pow((cityHash64(${of}, ${salt}) % 1000000) / 1000000, 3) * ${count}))`;
}

function oneOf(values: readonly string[], of: string, salt: number): string {
  return `[${values.map((text) => `'${text}'`).join(', ')}][${skewed(of, salt, values.length)} + 1]`;
}

const kinds = [
  ...['page_view', 'page_view', 'page_view', 'page_view', 'page_view', 'click', 'click', 'click', 'scroll'],
  ...['search', 'add_to_cart', 'add_to_cart', 'sign_up', 'purchase'],
];

interface Generated {
  readonly project: number;
  readonly sessions: number;
  readonly persons: number;
  readonly history: Window;
}

/** Sessions begin one after the other through the whole history, at even distances; their events follow within minutes. */
function generatedSql({ project, sessions, persons, history }: Generated): string {
  const distance = (history.to - history.from - 3_600_000) / sessions;
  return `SELECT ${project} AS project, event_number,
      if(position = 0, 'page_view', [${kinds.map((kind) => `'${kind}'`).join(', ')}][cityHash64(event_number, 1) % ${kinds.length} + 1]) AS kind,
      fromUnixTimestamp64Milli(toInt64(${history.from} + session * ${distance} + position * (5000 + cityHash64(session, 2) % 60000)
        + cityHash64(event_number, 3) % 4000), 'UTC') AS occur_time,
      multiIf(cookieless, concat('cookieless-', toString(session)), cityHash64(session, 4) % 5 < 3,
        concat('anon-', toString(number_of_person)), concat('user-', toString(number_of_person))) AS distinct_id,
      toString(reinterpretAsUUID(sipHash128(session, 5))) AS session_id,
      toString(reinterpretAsUUID(sipHash128(event_number, 6))) AS event_id,
      reinterpretAsUUID(sipHash128(session, 7)) AS batch_id,
      cityHash64(session, 8) % 20 = 0 AS cookieless, cityHash64(number_of_person, 9) % 50 = 0 AS bot,
      ${oneOf(countries, 'number_of_person', 10)} AS country, concat(country, '-', toString(${skewed('number_of_person', 11, 8)})) AS region,
      concat('City ', toString(${skewed('number_of_person', 12, 500)})) AS city,
      ${oneOf(['Chrome', 'Safari', 'Firefox', 'Edge', 'Samsung Internet', 'Opera'], 'number_of_person', 13)} AS browser,
      ${oneOf(['Windows', 'iOS', 'Android', 'macOS', 'Linux'], 'number_of_person', 14)} AS os,
      ${oneOf(['Desktop', 'Mobile', 'Tablet'], 'number_of_person', 15)} AS device, 'web' AS platform,
      ${skewed('event_number', 16, 400)} AS page, concat('/page/', toString(page)) AS pathname, 'example.com' AS hostname,
      concat('https://example.com', pathname) AS url, concat('Page ', toString(page)) AS page_title,
      ${oneOf(['', 'google', 'newsletter', 'facebook', 'partner'], 'session', 17)} AS utm_source,
      if(utm_source = '', '', concat('campaign-', toString(${skewed('session', 18, 30)}))) AS utm_campaign,
      concat('referrer-', toString(${skewed('session', 19, 60)}), '.example') AS referrer_domain,
      ${oneOf(['Direct', 'Organic Search', 'Referral', 'Paid Search', 'Email', 'Organic Social'], 'session', 20)} AS channel,
      ${oneOf(['en-US', 'de-DE', 'fr-FR', 'sv-SE'], 'number_of_person', 21)} AS locale,
      map('plan', ['free', 'pro', 'team'][number_of_person % 3 + 1], 'price', toString(page)) AS properties,
      map('price', toFloat64(page)) AS numbers, map('price', 1) AS types
    FROM (
      SELECT number AS event_number, intDiv(number, ${MOST_EVENTS}) AS session, number % ${MOST_EVENTS} AS position,
        toUInt32(floor(pow((cityHash64(session, 22) % 1000000) / 1000000, 2) * ${persons})) AS number_of_person
      FROM numbers(${sessions * MOST_EVENTS}) WHERE position <= cityHash64(session, 23) % ${MOST_EVENTS}
    )`;
}

const countries = (
  'US DE GB FR SE IN BR CA NL JP ES IT PL AU MX KR CH BE AT NO DK FI IE PT CZ RO HU GR TR ZA ' +
  'AR CL CO PE EG NG KE MA IL AE SA SG MY TH VN PH ID TW HK NZ'
).split(' ');
