import type { DuckDBConnection } from '@duckdb/node-api';
import type { Question } from '../../src/modules/analytics/insight/insight-query.js';
import { textOf, type World } from './naive/world.js';

/** Questions that another engine's SQL expresses, in days of UTC and without conditions. */
export interface SimpleQuestion extends Pick<Question, 'window' | 'mergeIdentities' | 'includeCookieless'> {
  readonly kind: string;
}

type Row = readonly (string | number)[];

const DAY_MS = 86_400_000;

/** Fills the table `event` with a world: equal copies once, bots left out, `person` as the question wants it. */
export async function fillDuckDB(
  connection: DuckDBConnection,
  world: World,
  { mergeIdentities }: Pick<SimpleQuestion, 'mergeIdentities'>,
): Promise<void> {
  await connection.run(`
    CREATE OR REPLACE TABLE stored (kind TEXT, ms BIGINT, id TEXT, distinct_id TEXT, cookieless BOOLEAN, bot BOOLEAN,
      plan TEXT, received BIGINT);
    CREATE OR REPLACE TABLE identity (id TEXT, profile TEXT)`);
  const stored = await connection.createAppender('stored');
  for (const event of world.events) {
    const plan = event.properties.get('plan');
    stored.appendVarchar(event.kind);
    stored.appendBigInt(BigInt(event.occurTime));
    stored.appendVarchar(event.eventId);
    stored.appendVarchar(event.distinctId);
    stored.appendBoolean(event.cookieless);
    stored.appendBoolean(event.bot);
    stored.appendVarchar(plan ? textOf(plan) : '');
    stored.appendBigInt(BigInt(event.receivedAt));
    stored.endRow();
  }
  stored.closeSync();
  const identity = await connection.createAppender('identity');
  for (const [id, profile] of world.identities) {
    identity.appendVarchar(id);
    identity.appendVarchar(profile);
    identity.endRow();
  }
  identity.closeSync();
  await connection.run(`
    CREATE OR REPLACE TABLE event AS
    SELECT kind, ms, stored.id AS id, distinct_id, cookieless, plan, ms // ${DAY_MS} * ${DAY_MS} AS day,
      ${mergeIdentities ? 'coalesce(profile, distinct_id)' : 'distinct_id'} AS person
    FROM stored LEFT JOIN identity ON identity.id = distinct_id
    QUALIFY row_number() OVER (PARTITION BY kind, ms, stored.id, distinct_id ORDER BY received DESC) = 1 AND NOT bot`);
}

async function rows(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader
    .getRows()
    .map((row) => row.map((value) => (typeof value === 'string' ? value : Number(value))));
}

function scope({ kind, window, includeCookieless }: SimpleQuestion, persons: boolean): string {
  return [
    `kind = '${kind}' AND ms < ${window.to}`,
    ...(persons ? [`distinct_id != ''`] : []),
    ...(persons && !includeCookieless ? ['NOT cookieless'] : []),
  ].join(' AND ');
}

/** Day, persons. */
export function dailyPersons(connection: DuckDBConnection, question: SimpleQuestion): Promise<Row[]> {
  return rows(
    connection,
    `SELECT day, count(DISTINCT person) FROM event WHERE ${scope(question, true)} AND ms >= ${question.window.from}
    GROUP BY day ORDER BY day`,
  );
}

/** Text of `plan`, events. */
export function plansByEvents(connection: DuckDBConnection, question: SimpleQuestion): Promise<Row[]> {
  return rows(
    connection,
    `SELECT plan, count(*) AS n FROM event WHERE ${scope(question, false)} AND ms >= ${question.window.from}
    GROUP BY plan ORDER BY n DESC, encode(plan)`,
  );
}

/** Day of the cohort, day of the return, persons. */
export function dailyReturns(connection: DuckDBConnection, question: SimpleQuestion): Promise<Row[]> {
  return rows(
    connection,
    `WITH seen AS (SELECT * FROM event WHERE ${scope(question, true)} AND ms >= ${question.window.from}),
      cohort AS (SELECT person, min(day) AS first FROM seen GROUP BY person)
    SELECT first, day, count(DISTINCT person) FROM seen JOIN cohort USING (person) GROUP BY first, day ORDER BY first, day`,
  );
}

/** Day, new, returning, resurrecting and dormant persons, of days that have any. The window begins at a midnight. */
export function dailyLives(connection: DuckDBConnection, question: SimpleQuestion): Promise<Row[]> {
  return rows(
    connection,
    `WITH lived AS (SELECT DISTINCT person, day FROM event WHERE ${scope(question, true)}),
      life AS (
        SELECT day, lag(day) OVER by_person AS before, lead(day) OVER by_person AS after
        FROM lived WINDOW by_person AS (PARTITION BY person ORDER BY day)
      ),
      change AS (
        SELECT day, CASE WHEN before IS NULL THEN 1 WHEN before = day - ${DAY_MS} THEN 2 ELSE 3 END AS state FROM life
        UNION ALL SELECT day + ${DAY_MS}, 4 FROM life WHERE after IS NULL OR after > day + ${DAY_MS}
      )
    SELECT day, count(*) FILTER (state = 1), count(*) FILTER (state = 2), count(*) FILTER (state = 3), -count(*) FILTER (state = 4)
    FROM change WHERE day >= ${question.window.from} AND day < ${question.window.to} GROUP BY day ORDER BY day`,
  );
}
