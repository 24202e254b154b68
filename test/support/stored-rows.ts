import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { startEmbeddedClickHouse } from '@dovecote/embedded-clickhouse';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';

/** What an installation stores, for comparing: no server may run on it. */
export interface Stores {
  readonly postgres: Client;
  readonly engine: ClickHouseClient;
}

/** Opens the stores of a data folder. */
export async function withEmbeddedStores<T>(
  dataDir: string,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  const log = { info: () => undefined, error: (message: string) => console.error(message) };
  const server = await startEmbeddedPostgres({ dataDir, log });
  const engine = await startEmbeddedClickHouse({ dataDir: join(dataDir, 'analytics') });
  try {
    return await withStores(server.url, engine, work);
  } finally {
    await engine.stop();
    await server.stop();
  }
}

export async function withStores<T>(
  postgresUrl: string,
  { url, username, password }: { url: string; username?: string; password?: string },
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  const postgres = new Client({ connectionString: postgresUrl });
  const engine = createClient({ url, username, password });
  await postgres.connect();
  try {
    return await work({ postgres, engine });
  } finally {
    await engine.close();
    await postgres.end();
  }
}

/** Every table of PostgreSQL that has rows, with their number and a hash over them. What is unlogged is not kept. */
export async function rowsOfPostgres(postgres: Client): Promise<Record<string, string>> {
  const { rows: tables } = await postgres.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'graphile_worker') and c.relkind = 'r' and c.relpersistence = 'p'
        and c.relname not in ('schema_migration', 'migrations') order by 1`,
  );
  await postgres.query(`set timezone = 'UTC'`);
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await postgres.query<{ count: number; hash: string }>(
      `select count(*)::int as count, md5(string_agg(row, E'\\n' order by row)) as hash
         from (select t::text as row from ${name} t) rows`,
    );
    for (const { count, hash } of rows) if (count > 0) found[name] = `${count} ${hash}`;
  }
  return found;
}

/** Tables of the engine with the number of rows that count, and a hash over them. */
export async function rowsOfEngine(
  engine: ClickHouseClient,
  database: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of ['events', 'persons', 'touches']) {
    const answer = await engine.query({
      query: `SELECT count() AS count, toString(groupBitXor(cityHash64(*))) AS hash FROM ${database}.${table} FINAL`,
      format: 'JSONEachRow',
    });
    const [row] = await answer.json<{ count: string; hash: string }>();
    if (row) found[table] = `${row.count} ${row.hash}`;
  }
  return found;
}
