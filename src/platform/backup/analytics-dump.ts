import type { Readable } from 'node:stream';
import { qualified } from '#migrations';
import {
  type EngineConnection,
  engineObstacles,
  readAppliedMigrations,
  readVersion,
  tablesOfRecord,
} from '../analytics-store/index.js';
import { BackupError, type BackupTarget } from './backup-target.js';
import { LinesWriter } from './lines-writer.js';
import type { BackupTable, Manifest } from './manifest.js';

/** How an answer ends whose statement failed on the way. Values have no bare carriage return in this format. */
const failureMark = Buffer.from('\r\n__exception__\r\n');

/** Bytes of the tables on the engine's disk; 0 where there is no schema yet. */
export async function sizeOfAnalytics({ client, place }: EngineConnection): Promise<number> {
  const answer = await client.query({
    query: `SELECT toString(sum(total_bytes)) AS size FROM system.tables WHERE database = {database:String}`,
    query_params: { database: place.database },
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ size: string | null }>();
  return Number(row?.size ?? 0);
}

/**
 * Writes the rows that the engine has, with their copies: what is told apart by a sorting key stays so. Called after the
 * snapshot of PostgreSQL, so that what had left the queue by then is here. Null where there is no schema yet.
 */
export async function dumpAnalytics(
  connection: EngineConnection,
  target: BackupTarget,
  onTable: (table: BackupTable) => void,
): Promise<Manifest['analytics']> {
  const [obstacle] = await engineObstacles(connection);
  if (obstacle) throw new BackupError(`${obstacle.text} ${obstacle.advice}`);
  const migrations = [...(await readAppliedMigrations(connection))].sort();
  if (migrations.length === 0) return null;
  const tables: BackupTable[] = [];
  for (const { table } of tablesOfRecord) {
    const columns = await columnsOf(connection, table);
    if (columns.length === 0) continue;
    const done = await dumpTable(connection, { table, columns }, target);
    tables.push(done);
    onTable(done);
  }
  return { version: await readVersion(connection), migrations, tables };
}

async function dumpTable(
  connection: EngineConnection,
  { table, columns }: { table: string; columns: readonly string[] },
  target: BackupTarget,
): Promise<BackupTable> {
  const writer = new LinesWriter(target, `analytics/${table}`);
  try {
    // An insert of rows of many months makes many parts: a file holds rows of one month.
    for (const partition of await partitionsOf(connection, table)) {
      await dumpPartition(connection, { table, columns, partition }, writer);
      await writer.endFile();
    }
    const files = [...(await writer.end())];
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return { schema: 'analytics', name: table, columns: [...columns], rows, files };
  } catch (error) {
    writer.destroy();
    throw error;
  }
}

async function dumpPartition(
  { client, place }: EngineConnection,
  { table, columns, partition }: { table: string; columns: readonly string[]; partition: string },
  writer: LinesWriter,
): Promise<void> {
  const { stream } = await client.exec({
    query: `SELECT ${columns.map((column) => `\`${column}\``).join(', ')} FROM ${qualified(place, table)}
      WHERE _partition_id = {partition:String} SETTINGS max_execution_time = 0, max_threads = 2 FORMAT TabSeparated`,
    query_params: { partition },
  });
  for await (const piece of withoutFailure(stream)) await writer.write(piece);
}

/** Keeps the end of each piece back until it is known that no failure begins there. */
async function* withoutFailure(stream: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const piece = Buffer.concat([rest, chunk]);
    const at = piece.indexOf(failureMark);
    if (at >= 0)
      throw new BackupError(`The analytics engine failed: ${piece.subarray(at).toString().trim()}`);
    const known = Math.max(0, piece.length - failureMark.length);
    if (known > 0) yield piece.subarray(0, known);
    rest = piece.subarray(known);
  }
  if (rest.length > 0) yield rest;
}

async function columnsOf({ client, place }: EngineConnection, table: string): Promise<string[]> {
  const answer = await client.query({
    query: `SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}
      AND default_kind IN ('', 'DEFAULT') ORDER BY position`,
    query_params: { database: place.database, table },
    format: 'JSONEachRow',
  });
  return (await answer.json<{ name: string }>()).map(({ name }) => name);
}

async function partitionsOf({ client, place }: EngineConnection, table: string): Promise<string[]> {
  const answer = await client.query({
    query: `SELECT DISTINCT _partition_id AS id FROM ${qualified(place, table)} ORDER BY id SETTINGS max_execution_time = 0`,
    format: 'JSONEachRow',
  });
  return (await answer.json<{ id: string }>()).map(({ id }) => id);
}
