import type { ClickHouseClient } from '@clickhouse/client';
import type { Client } from 'pg';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { database } from '../support/engine.js';
import { type Asked, CONVERSION_MS, FUNNEL, HOPS, KEPT, MOST_LINKS, SEGMENT } from './questions.js';
import { HISTORY, WEEKS } from './window.js';

const ROWS_AT_ONCE = 20_000;

/** The columns that the questions ask about, and as much beside them as a plain table of events would have. */
const columns: Readonly<Record<string, { readonly type: string; readonly from: string }>> = {
  kind: { type: 'text', from: 'kind' },
  occur_time: { type: 'timestamp(3)', from: 'toString(occur_time)' },
  person: { type: 'bigint', from: 'toString(reinterpretAsInt64(person))' },
  session_id: { type: 'text', from: 'session_id' },
  event_id: { type: 'text', from: 'event_id' },
  cookieless: { type: 'boolean', from: 'cookieless' },
  bot: { type: 'boolean', from: 'bot' },
  country: { type: 'text', from: 'country' },
  city: { type: 'text', from: 'city' },
  browser: { type: 'text', from: 'browser' },
  os: { type: 'text', from: 'os' },
  device: { type: 'text', from: 'device' },
  channel: { type: 'text', from: 'channel' },
  referrer_domain: { type: 'text', from: 'referrer_domain' },
  pathname: { type: 'text', from: 'pathname' },
  properties: { type: 'jsonb', from: 'toJSONString(properties)' },
};

/** The events of a project in a table of PostgreSQL, with indexes for these questions, and the joined identities. */
export async function copyToPostgres(
  client: ClickHouseClient,
  owner: Client,
  project: number,
): Promise<void> {
  const definitions = Object.entries(columns).map(
    ([name, { type }]) => `${name} ${type}${type === 'text' ? ' collate "C"' : ''} not null`,
  );
  await owner.query(`create table bench_event (${definitions.join(', ')})`);
  await owner.query('create table bench_alias (person bigint primary key, canonical bigint not null)');
  const sources = Object.values(columns).map(({ from }) => from);
  const events = `SELECT ${sources.join(', ')} FROM ${database}.events FINAL WHERE project = ${project} AND occur_time < ${HISTORY.to / 1_000}`;
  const types = Object.values(columns).map(({ type }) => type);
  await copyRows(client, owner, events, `bench_event`, types);
  const aliases = `SELECT toString(reinterpretAsInt64(person)), toString(reinterpretAsInt64(canonical))
    FROM ${database}.person_aliases FINAL WHERE project = ${project}`;
  await copyRows(client, owner, aliases, 'bench_alias', ['bigint', 'bigint']);
  await owner.query(
    `create index on bench_event (kind, occur_time) include (person, cookieless, bot, country, pathname)`,
  );
  await owner.query(`create index on bench_event (session_id, occur_time)`);
  await owner.query(`create index on bench_event (occur_time)`);
  await owner.query('vacuum (analyze) bench_event');
  await owner.query('vacuum (analyze) bench_alias');
  await owner.query(`set work_mem = '256MB'`);
}

async function copyRows(
  client: ClickHouseClient,
  owner: Client,
  query: string,
  table: string,
  types: readonly string[],
): Promise<void> {
  const unnested = types.map((type, index) => `$${index + 1}::${type}[]`).join(', ');
  const answer = await client.query({ query, format: 'JSONCompactEachRow' });
  let rows: unknown[][] = [];
  const flush = async (): Promise<void> => {
    const values = types.map((_, index) => rows.map((row) => row[index]));
    await owner.query(`insert into ${table} select * from unnest(${unnested})`, values);
    rows = [];
  };
  for await (const lines of answer.stream<unknown[]>()) {
    for (const line of lines) rows.push(line.json());
    if (rows.length >= ROWS_AT_ONCE) await flush();
  }
  if (rows.length > 0) await flush();
}

const PERSONS = 'person <> 0 and not cookieless';
const views = `kind = 'page_view'`;
const day = `date_trunc('day', occur_time)`;
/** From Sunday. */
const weekOf = (time: string): string =>
  `(date_trunc('week', ${time} + interval '1 day') - interval '1 day')`;
const conversion = `interval '${CONVERSION_MS} milliseconds'`;

/** The same questions as an expert asks PostgreSQL. Each id is a person; sessions and user flows merge identities. */
export function postgresSql(): Readonly<Record<Asked, string>> {
  const canonical = 'coalesce(canonical, person)';
  const scope = (...conditions: string[]): string =>
    `from bench_event where not bot and ${conditions.join(' and ')}`;
  const joined = (...conditions: string[]): string =>
    `from bench_event left join bench_alias using (person) where not bot and ${conditions.join(' and ')}`;
  const from = (...conditions: string[]): string => scope(...conditions, within(HISTORY));
  return {
    trends: `
      select coalesce(${ms('day')}, 0), count(distinct visitor) from (
        select ${day} as day, person as visitor ${from(views, PERSONS)}
      ) as view group by rollup (day)`,
    'trends by country': `
      select label, coalesce(${ms('day')}, 0), sum(n) from (
        select case when place > ${KEPT} then '$others' else country end as label, day, n from (
          select country, day, n, dense_rank() over (order by weight desc, country) as place from (
            select country, day, n, sum(n) over (partition by country) as weight from (
              select country, ${day} as day, count(*) as n ${from(views)} group by country, day
            ) as cell
          ) as weighed
        ) as placed
      ) as labelled group by grouping sets ((label, day), (label))`,
    segmentation: `select 'total', count(distinct person) ${from(oneOf(SEGMENT), PERSONS)}`,
    sessions: `
      select coalesce(${ms('day')}, 0), avg(seconds) from (
        select date_trunc('day', min(occur_time)) as day, extract(epoch from max(occur_time) - min(occur_time)) as seconds
        ${joined(`session_id <> ''`)} group by session_id, ${canonical} having ${within(HISTORY, 'min(occur_time)')}
      ) as session group by rollup (day)`,
    funnel: `
      with event as (select person as person, occur_time, kind ${from(oneOf(FUNNEL), PERSONS)}),
      first as (
        select *, max(occur_time) filter (where kind = '${FUNNEL[0]}') over earlier as start from event
        window earlier as (partition by person order by occur_time rows between unbounded preceding and 1 preceding)
      ),
      second as (
        select *, case when kind = '${FUNNEL[1]}' and occur_time - start <= ${conversion} then start end as carried from first
      ),
      third as (
        select *, max(carried) over (partition by person order by occur_time rows between unbounded preceding and 1 preceding) as begun
        from second
      ),
      person as (
        select bool_or(kind = '${FUNNEL[0]}') as one, bool_or(carried is not null) as two,
          bool_or(kind = '${FUNNEL[2]}' and occur_time - begun <= ${conversion}) as three
        from third group by person
      )
      select step, count(*) from person, lateral (values (1, one), (2, two), (3, three)) as reached (step, done)
      where done group by step`,
    retention: `
      with starter as (select person as starter, min(occur_time) as first ${from(`kind = 'sign_up'`, PERSONS)} group by 1),
      visit as (select person as visitor, occur_time ${from(views, PERSONS)})
      select ${ms(weekOf('first'))}, 0, count(*) from starter group by 1
      union all
      select ${ms(weekOf('first'))}, ${ms(weekOf('occur_time'))}, count(distinct visitor)
      from visit join starter on visitor = starter where occur_time >= first group by 1, 2`,
    'user flow': `
      select depth - 1, source, target, count(*) from (
        select kind as source, lead(kind) over session as target, row_number() over session as depth
        ${joined(within(HISTORY), `session_id <> ''`, 'not cookieless')}
        window session as (partition by session_id, ${canonical} order by occur_time, event_id, kind)
      ) as step where depth <= ${HOPS} and target is not null
      group by depth, source, target order by count(*) desc, depth, source, target limit ${MOST_LINKS}`,
    'top K': `
      with top as (
        select pathname ${from(views, PERSONS)} group by pathname order by count(distinct person) desc, pathname limit ${KEPT}
      )
      select label, count(distinct visitor) from (
        select case when pathname in (select pathname from top) then pathname else '$others' end as label, person as visitor
        ${from(views, PERSONS)}
      ) as labelled group by label`,
    map: `select country, count(distinct person) ${from(views, PERSONS, `country <> ''`)} group by country`,
    lifecycle: `
      with active as (select distinct person as visitor, ${weekOf('occur_time')} as week ${scope(views, PERSONS, until(WEEKS))}),
      lived as (
        select week, min(week) over (partition by visitor) as birth, lag(week) over weeks as previous, lead(week) over weeks as next
        from active window weeks as (partition by visitor order by week)
      )
      select ${ms('week')}, case when week = birth then 'new' when previous = week - interval '7 days' then 'returning' else 'resurrecting' end, count(*)
      from lived where week >= ${time(WEEKS.from)} group by 1, 2
      union all
      select ${ms(`week + interval '7 days'`)}, 'dormant', count(*) from lived
      where week >= ${time(WEEKS.from)} - interval '7 days' and week + interval '7 days' < ${time(WEEKS.to)}
        and (next is null or next > week + interval '7 days') group by 1`,
    stickiness: `
      select days, count(*) from (
        select count(distinct ${day}) as days ${from(views, PERSONS)} group by person
      ) as person group by days`,
  };
}

/** Milliseconds of the epoch. */
function ms(time: string): string {
  return `(extract(epoch from ${time}) * 1000)::bigint`;
}

function oneOf(kinds: readonly string[]): string {
  return `kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
}

function within(window: Window, column = 'occur_time'): string {
  return `${column} >= ${time(window.from)} and ${until(window, column)}`;
}

function until({ to }: Window, column = 'occur_time'): string {
  return `${column} < ${time(to)}`;
}

function time(instant: number): string {
  return `timestamp '${new Date(instant).toISOString().slice(0, 23).replace('T', ' ')}'`;
}
