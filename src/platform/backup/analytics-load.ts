import { Readable } from 'node:stream';
import { analyticsMigrations, qualified, storedTable } from '#migrations';
import type { Logger } from 'pino';
import {
  type EngineConnection,
  migrateEngine,
  projectTables,
  tablesOfRecord,
} from '../analytics-store/index.js';
import { BackupError, type BackupTarget } from './backup-target.js';
import { linesOf } from './lines-reader.js';
import type { BackupFile, BackupTable, Manifest } from './manifest.js';

/** What is in the engine already, in words; undefined when it is empty. */
export async function describeAnalytics({ client, place }: EngineConnection): Promise<string | undefined> {
  const answer = await client.query({
    query: `SELECT name FROM system.tables WHERE database = {database:String} AND total_rows > 0
      AND name != 'schema_migration' ORDER BY name`,
    query_params: { database: place.database },
    format: 'JSONEachRow',
  });
  const names = (await answer.json<{ name: string }>()).map(({ name }) => name);
  return names.length === 0 ? undefined : `rows of ${names.join(', ')}`;
}

/** The analytics schemas that the backup has and this program does not know. */
export function unknownMigrations(analytics: Manifest['analytics']): string[] {
  const known = new Set(analyticsMigrations.map(({ name }) => name));
  return (analytics?.migrations ?? []).filter((name) => !known.has(name));
}

/**
 * Fills the engine, in the place of what is there. The schema is that of this program: a column that the backup does not
 * have gets its default.
 */
export async function loadAnalytics(
  connection: EngineConnection,
  { target, manifest, log }: { target: BackupTarget; manifest: Manifest; log: Logger },
  onTable: (table: BackupTable) => void,
): Promise<void> {
  await migrateEngine(connection, log);
  const { client, place } = connection;
  for (const { table } of projectTables) {
    const stored = storedTable(place, table);
    await client.command({ query: `TRUNCATE TABLE ${stored.table} ${stored.onCluster}` });
  }
  for (const table of manifest.analytics?.tables ?? []) {
    if (!tablesOfRecord.some((known) => known.table === table.name))
      throw new BackupError(
        `The backup has a table ${table.name} of the analytics store, which is not known.`,
      );
    for (const file of table.files) await insertFile(connection, table, { target, file });
    onTable(table);
  }
}

/** All rows of a file, or none: what was damaged shows before the insert has all of its rows. */
async function insertFile(
  { client, place }: EngineConnection,
  { name, columns }: BackupTable,
  { target, file }: { target: BackupTarget; file: BackupFile },
): Promise<void> {
  const settings = [
    'insert_deduplicate = 0',
    'async_insert = 0',
    'max_partitions_per_insert_block = 0',
    'max_execution_time = 0',
    ...(place.cluster === undefined ? [] : ['distributed_foreground_insert = 1']),
  ];
  const { stream } = await client.exec({
    query: `INSERT INTO ${qualified(place, name)} (${columns.map((column) => `\`${column}\``).join(', ')}) SETTINGS ${settings.join(', ')} FORMAT TabSeparated`,
    values: Readable.from(linesOf(target, file), { objectMode: false }),
  });
  for await (const _ of stream) {
    // Nothing of interest; the end says that the insert has ended.
  }
}

/** Deletes the rows of projects that PostgreSQL does not know: made after its snapshot, they belong to no organization. */
export async function deleteUnknownProjects(
  { client, place }: EngineConnection,
  known: ReadonlySet<number>,
): Promise<number> {
  const unknown = new Set<number>();
  for (const { table } of tablesOfRecord) {
    const answer = await client.query({
      query: `SELECT DISTINCT project FROM ${qualified(place, table)}`,
      format: 'JSONEachRow',
    });
    for (const { project } of await answer.json<{ project: number }>())
      if (!known.has(project)) unknown.add(project);
  }
  for (const project of unknown)
    for (const { table } of tablesOfRecord) {
      const { table: stored, onCluster } = storedTable(place, table);
      await client.command({
        query: `DELETE FROM ${stored} ${onCluster} WHERE project = {project:UInt32} SETTINGS lightweight_deletes_sync = 2`,
        query_params: { project },
      });
    }
  return unknown.size;
}
