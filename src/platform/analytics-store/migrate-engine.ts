import type { Logger } from 'pino';
import { analyticsMigrations, type AnalyticsPlace, migrationTable, qualified } from '#migrations';
import { type Obstacle, ObstacleError } from '../database/obstacle.js';
import type { EngineConnection } from './engine-connection.js';
import { analyticsUnavailable } from './engine-errors.js';
import { versionProblem } from './server-version.rules.js';

/** A host that takes connections and says nothing must not hold up callers for as long as a statement may take. */
const patienceMs = 5_000;

/**
 * Brings the schema of the engine up to date. Processes that do so at once repeat each other's statements, each of which
 * does nothing the second time. Refuses a server that is too old, and a schema of a newer program, with an ObstacleError.
 */
export async function migrateEngine(
  connection: EngineConnection,
  log: Logger,
  signal?: AbortSignal,
): Promise<void> {
  const { client, place } = connection;
  const tooOld = versionObstacle(await readVersionSoon(connection, signal));
  if (tooOld) throw new ObstacleError([tooOld]);
  for (const query of migrationTable(place)) await client.command({ query, abort_signal: signal });
  const applied = await readAppliedMigrations(connection, signal);
  const newer = newerObstacle(applied);
  if (newer) throw new ObstacleError([newer]);
  for (const { name, statements } of analyticsMigrations) {
    if (applied.has(name)) continue;
    for (const query of statements(place)) await client.command({ query, abort_signal: signal });
    await remember(connection, name, signal);
    log.info({ migration: name }, 'analytics store migrated');
  }
}

/** What keeps this program from working with the engine; asks, and changes nothing. */
export async function engineObstacles(connection: EngineConnection): Promise<readonly Obstacle[]> {
  const version = versionObstacle(await readVersion(connection));
  if (version) return [version];
  const newer = newerObstacle(await readAppliedMigrations(connection));
  return newer ? [newer] : [];
}

export async function readVersion({ client }: EngineConnection, signal?: AbortSignal): Promise<string> {
  const answer = await client.query({
    query: 'SELECT version() AS version',
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  const [row] = await answer.json<{ version: string }>();
  return row?.version ?? '';
}

async function readVersionSoon(connection: EngineConnection, signal?: AbortSignal): Promise<string> {
  const patience = AbortSignal.timeout(patienceMs);
  try {
    return await readVersion(connection, signal ? AbortSignal.any([signal, patience]) : patience);
  } catch (error) {
    if (!patience.aborted) throw error;
    throw analyticsUnavailable('The analytics engine does not answer.', error);
  }
}

function versionObstacle(version: string): Obstacle | undefined {
  const text = versionProblem(version);
  return text === undefined
    ? undefined
    : { subject: 'analytics', text, advice: 'Upgrade it, or unset CLICKHOUSE_URL for the embedded engine.' };
}

function newerObstacle(applied: ReadonlySet<string>): Obstacle | undefined {
  const known = new Set(analyticsMigrations.map(({ name }) => name));
  const newer = [...applied].filter((name) => !known.has(name));
  if (newer.length === 0) return undefined;
  return {
    subject: 'analytics',
    text: `The schema of the analytics store is newer than this program: ${newer.join(', ')}.`,
    advice: 'Upgrade the program.',
  };
}

/** The names of the migrations that the engine has been through; none where it has no schema yet. */
export async function readAppliedMigrations(
  { client, place }: EngineConnection,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = await client.query({
    query: 'SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    query_params: { database: place.database, table: 'schema_migration' },
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  if ((await found.json()).length === 0) return new Set();
  const answer = await client.query({
    query: `SELECT DISTINCT name FROM ${table(place)}`,
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  return new Set((await answer.json<{ name: string }>()).map(({ name }) => name));
}

async function remember(
  { client, place }: EngineConnection,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await client.command({
    query: `INSERT INTO ${table(place)} (name) SELECT {name:String}`,
    query_params: { name },
    abort_signal: signal,
  });
}

function table(place: AnalyticsPlace): string {
  return qualified(place, 'schema_migration');
}
