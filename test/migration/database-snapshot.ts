import { migrations } from '#migrations';
import { runMigrations } from 'graphile-worker';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { withClient } from './old-databases.js';

type Row = Record<string, unknown>;

/** All rows of a database, and the migrations that it had been through. */
export interface DatabaseSnapshot {
  readonly lastMigration: string;
  readonly takenAt: string;
  readonly tables: Readonly<Record<string, readonly Row[]>>;
}

/** What belongs to migrations and to processes. */
const leftOut = ['public.schema_migration', 'public.worker_heartbeat', 'graphile_worker.migrations'];

export async function takeSnapshot(url: string): Promise<DatabaseSnapshot> {
  return withClient(url, async (client) => {
    const tables: Record<string, Row[]> = {};
    for (const name of await tableNames(client)) {
      const { rows } = await client.query<{ row: Row }>(`select to_jsonb(t) as row from ${name} t`);
      if (rows.length > 0) tables[name] = rows.map(({ row }) => row);
    }
    const { rows } = await client.query<{ name: string; at: string }>(
      `select (select name from schema_migration order by id desc limit 1) as name, to_jsonb(now()) #>> '{}' as at`,
    );
    return { lastMigration: rows[0]?.name ?? '', takenAt: rows[0]?.at ?? '', tables };
  });
}

/** Makes an empty database what it was, as if that were now: all times are as far away as they were then. */
export async function restoreSnapshot(url: string, snapshot: DatabaseSnapshot): Promise<void> {
  await migrateTo(url, snapshot.lastMigration);
  await runMigrations({ connectionString: url });
  await withClient(url, async (client) => {
    // No triggers, and no order of tables.
    await client.query('set session_replication_role = replica');
    for (const [name, rows] of Object.entries(snapshot.tables)) {
      await client.query(`delete from ${name}`);
      await insert(client, name, rows);
      await bringForward(client, name, snapshot.takenAt);
    }
  });
}

async function migrateTo(url: string, last: string): Promise<void> {
  const end = migrations.findIndex((Migration) => new Migration().name === last) + 1;
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    migrations: migrations.slice(0, end),
    migrationsTableName: 'schema_migration',
  }).initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}

async function tableNames(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'graphile_worker') and c.relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name).filter((name) => !leftOut.includes(name));
}

async function insert(client: Client, table: string, rows: readonly Row[]): Promise<void> {
  const columns = await columnsOf(client, table, `attgenerated = ''`);
  await client.query(
    `insert into ${table} (${columns.join(', ')}) overriding system value
     select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1)`,
    [JSON.stringify(rows)],
  );
  for (const column of await columnsOf(
    client,
    table,
    `pg_get_serial_sequence(attrelid::regclass::text, attname) is not null`,
  ))
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), max(${column})) from ${table} having max(${column}) is not null`,
      [table, column],
    );
}

async function bringForward(client: Client, table: string, takenAt: string): Promise<void> {
  const times = await columnsOf(client, table, `atttypid = 'timestamptz'::regtype and attgenerated = ''`);
  if (times.length === 0) return;
  // By whole seconds: the server compares times that a Date holds exactly.
  const passed = `make_interval(secs => floor(extract(epoch from now() - $1::timestamptz)))`;
  const set = times.map((column) => `${column} = ${column} + ${passed}`);
  await client.query(`update ${table} set ${set.join(', ')}`, [takenAt]);
}

async function columnsOf(client: Client, table: string, condition: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and ${condition} order by attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}
