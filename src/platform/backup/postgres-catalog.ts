import type { Client } from 'pg';

/** Ours, and that of the queue of jobs. Other schemas of the database are not ours to copy. */
const schemas = ['public', 'graphile_worker'];

/**
 * Filled by the migrations themselves. What is unlogged is left out as well: PostgreSQL itself does not keep it, and the
 * salts of visitors are to be forgotten (ADR 72).
 */
const madeByMigrations = [
  'public.schema_migration',
  'public.unfinished_restore',
  'graphile_worker.migrations',
];

export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  /** Without generated ones. */
  readonly columns: readonly string[];
  /** Where its rows lie: another one after a rewrite, behind which an older snapshot sees none of them. */
  readonly node: string;
  /** Row-level security would keep rows from this connection. */
  readonly isHidden: boolean;
}

/** The tables of which a backup holds the rows, in the order of their names. */
export async function listTables(client: Client): Promise<readonly CatalogTable[]> {
  const { rows } = await client.query<CatalogTable>(
    `select n.nspname as schema, c.relname as name, pg_relation_filenode(c.oid)::text as node,
            row_security_active(c.oid) and not exists
              (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup' and p.polroles
                 = array[(select oid from pg_roles where rolname = current_user)]) as "isHidden",
            (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any ($1) and c.relkind = 'r' and c.relpersistence = 'p'
        and n.nspname || '.' || c.relname <> all ($2)
      order by 1, 2`,
    [schemas, madeByMigrations],
  );
  return rows;
}

export interface SequenceValue {
  readonly schema: string;
  readonly name: string;
  readonly value: string;
  readonly isCalled: boolean;
}

/** How far the sequences are now, whatever the transaction sees. */
export async function readSequences(client: Client): Promise<readonly SequenceValue[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select schemaname as schema, sequencename as name from pg_sequences where schemaname = any ($1) order by 1, 2`,
    [schemas],
  );
  const values: SequenceValue[] = [];
  for (const { schema, name } of rows) {
    const { rows: found } = await client.query<{ value: string; isCalled: boolean }>(
      `select last_value::text as value, is_called as "isCalled" from ${fullName(client, { schema, name })}`,
    );
    for (const { value, isCalled } of found) values.push({ schema, name, value, isCalled });
  }
  return values;
}

/** So that text means the same whatever the server, its database and its roles are set to. */
export async function fixTextForms(client: Client): Promise<void> {
  await client.query(
    `set client_encoding = 'UTF8'; set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
     set extra_float_digits = 3; set bytea_output = 'hex'; set statement_timeout = 0; set lock_timeout = 0;
     set idle_in_transaction_session_timeout = 0`,
  );
}

export function fullName(client: Client, { schema, name }: { schema: string; name: string }): string {
  return `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
}

export function columnList(client: Client, columns: readonly string[]): string {
  return columns.map((column) => client.escapeIdentifier(column)).join(', ');
}
