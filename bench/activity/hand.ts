import type { AnalyticsWorld } from '../support/analytics-world.js';
import { database } from '../support/engine.js';
import { busyPerson } from './events.js';
import type { Place, ShownEvent } from './shown.js';

/** Automatic properties, by their columns as text. */
const shownColumns: Readonly<Record<string, string>> = {
  $bot_score: `ifNull(toString(bot_score), '')`,
  $verified_bot: `ifNull(toString(verified_bot), '')`,
  $mobile: `ifNull(toString(mobile), '')`,
  ...{ $country: 'country', $region: 'region', $city: 'city' },
  ...{ $browser: 'browser', $browserVersion: 'browser_version', $os: 'os', $osVersion: 'os_version' },
  ...{ $device: 'device', $platform: 'platform', $url: 'url' },
  ...{ $utmSource: 'utm_source', $utmMedium: 'utm_medium', $utmCampaign: 'utm_campaign' },
  ...{ $utmTerm: 'utm_term', $utmContent: 'utm_content' },
  ...{ $pathname: 'pathname', $hostname: 'hostname', $referrer: 'referrer' },
  ...{ $referrerDomain: 'referrer_domain', $channel: 'channel', $locale: 'locale' },
  ...{ $screenSize: 'screen_size', $pageTitle: 'page_title' },
};
const shownNames = Object.keys(shownColumns);

export interface HandFeed {
  readonly size: number;
  /** Absent: of everybody. */
  readonly person?: string;
  /** Only events behind it. */
  readonly after?: Place;
  readonly conditions?: readonly string[];
}

/** The newest events, as an expert asks for them: the ids from PostgreSQL, one statement for the engine. */
export async function feedByHand(world: AnalyticsWorld, feed: HandFeed): Promise<ShownEvent[]> {
  const person = feed.person === undefined ? [] : [await ofPerson(world, feed.person)];
  const conditions = [...person, ...(feed.conditions ?? []), ...(feed.after ? behind(feed.after) : [])];
  const source = `FROM ${database}.events FINAL WHERE ${['project = ' + world.project.number, 'NOT bot', ...conditions].join(' AND ')}`;
  // The time of the last event first: the other columns are wide, and are then read from that time on only.
  const query = `SELECT event_id, kind, distinct_id, toUnixTimestamp64Milli(occur_time), session_id,
      [${Object.values(shownColumns).join(', ')}], properties, types
    ${source} AND occur_time >= (SELECT min(occur_time) FROM (SELECT occur_time ${source} ORDER BY occur_time DESC LIMIT ${feed.size}))
    ORDER BY occur_time DESC, event_id DESC, person DESC, sipHash64(kind) DESC LIMIT ${feed.size} ${SETTINGS}`;
  return (await rows<Row>(world, query)).map(shown);
}

/** Events of the person by day, today and the 60 days before. */
export async function daysByHand(world: AnalyticsWorld, since: number): Promise<[string, number][]> {
  const query = `SELECT toString(toDate(occur_time)) AS day, toUInt32(count()) FROM ${database}.events FINAL
    WHERE project = ${world.project.number} AND NOT bot AND ${await ofPerson(world, busyPerson)} AND ${from(since)} GROUP BY day ORDER BY day ${SETTINGS}`;
  return rows<[string, number]>(world, query);
}

/** Each copy of an event counts once; what the settings say, the partitions and the keys of the table allow. */
const SETTINGS =
  'SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, output_format_json_quote_64bit_integers = 0';

export function from(time: number): string {
  return `occur_time >= fromUnixTimestamp64Milli(${time}, 'UTC')`;
}

export function before(time: number): string {
  return `occur_time < fromUnixTimestamp64Milli(${time}, 'UTC')`;
}

function behind({ time, eventId, distinctId, kind }: Place): string[] {
  return [
    `occur_time <= fromUnixTimestamp64Milli(${time}, 'UTC')`,
    `(occur_time, event_id, person, sipHash64(kind)) < (fromUnixTimestamp64Milli(${time}, 'UTC'), '${eventId}', sipHash64('${distinctId}'), sipHash64('${kind}'))`,
  ];
}

async function ofPerson({ owner, project }: AnalyticsWorld, id: string): Promise<string> {
  const { rows: ids } = await owner.query<{ alias: string }>({
    name: 'ids_of_person',
    text: `select other.alias from profile_alias one join profile_alias other using (org_id, project, profile_id)
            where one.org_id = $1 and one.project = $2 and one.alias = $3`,
    values: [project.orgId, project.number, id],
  });
  return `person IN (${ids.map(({ alias }) => `sipHash64('${alias}')`).join(', ')})`;
}

type Row = [
  eventId: string,
  kind: string,
  distinctId: string,
  time: number,
  sessionId: string,
  columns: string[],
  properties: Record<string, string>,
  types: Record<string, number>,
];

function shown([eventId, kind, distinctId, time, sessionId, columns, properties, types]: Row): ShownEvent {
  const automatic = shownNames.flatMap((name, index) => (columns[index] ? [[name, columns[index]]] : []));
  const custom = Object.entries(properties).map(([name, text]) => [name, types[name] ? Number(text) : text]);
  return {
    ...{ eventId, kind, distinctId, time, sessionId },
    automatic: Object.fromEntries(automatic) as Record<string, unknown>,
    custom: Object.fromEntries(custom) as Record<string, unknown>,
  };
}

async function rows<T>({ engine }: AnalyticsWorld, query: string): Promise<T[]> {
  return (await engine.query({ query, format: 'JSONCompactEachRow' })).json<T>();
}
