import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Logger } from 'pino';
import { migrateJobTables, migrateSchema } from '../database/migrate.js';
import { readSchemaState } from '../database/schema-obstacles.js';
import { BackupError, type BackupTarget } from './backup-target.js';
import { linesOfAll } from './lines-reader.js';
import type { BackupTable, Manifest } from './manifest.js';
import { columnList, fixTextForms, fullName, listTables } from './postgres-catalog.js';

/** What is in the database already, in words; undefined when it is empty. */
export async function describeContent(owner: Client): Promise<string | undefined> {
  const { rows } = await owner.query<{ name: string }>(
    `select format('%s.%s', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'graphile_worker') and c.relkind in ('r', 'p') order by 1 limit 3`,
  );
  return rows.length === 0 ? undefined : `the tables ${rows.map(({ name }) => name).join(', ')} and so on`;
}

/**
 * Fills an empty database, or one in which this began before: makes the schema as it was, and then, in one transaction, puts
 * all rows in the place of those that are there.
 */
export async function loadPostgres(
  owner: Client,
  ownerUrl: string,
  { target, manifest, log }: { target: BackupTarget; manifest: Manifest; log: Logger },
  onTable: (table: BackupTable) => void,
): Promise<void> {
  const { migrations, tables, sequences } = manifest.postgres;
  await migrateSchema(ownerUrl, log, migrations);
  await requireSchema(owner, migrations);
  await migrateJobTables(ownerUrl, log);
  await fixTextForms(owner);
  await owner.query('begin');
  try {
    const there = await listTables(owner);
    const names = there.map((table) => fullName(owner, table));
    const references = await dropReferences(owner);
    for (const name of names) await owner.query(`alter table ${name} disable trigger user`);
    const forced = await liftRowSecurity(owner);
    await owner.query(`truncate ${names.join(', ')}`);
    for (const table of tables) {
      await loadTable(owner, table, target);
      onTable(table);
    }
    for (const { schema, name, value, isCalled } of sequences)
      await owner.query('select setval($1::regclass, $2::bigint, $3)', [
        fullName(owner, { schema, name }),
        value,
        isCalled,
      ]);
    for (const { table, name, definition } of references)
      await owner.query(`alter table ${table} add constraint ${name} ${definition}`);
    for (const table of forced) await owner.query(`alter table ${table} force row level security`);
    for (const name of names) await owner.query(`alter table ${name} enable trigger user`);
    await owner.query('commit');
  } catch (error) {
    // The first error is the one worth reporting.
    await owner.query('rollback').catch(() => undefined);
    throw error;
  }
  // The planner takes tables that it has not seen for empty.
  await owner.query('analyze');
}

/** An earlier attempt with another backup may have made a later schema. */
async function requireSchema(owner: Client, migrations: readonly string[]): Promise<void> {
  const { applied } = await readSchemaState(owner);
  if (applied.join() !== migrations.join())
    throw new BackupError(
      'The database has another schema than the backup. Create an empty database, and restore into that.',
    );
}

async function loadTable(owner: Client, table: BackupTable, target: BackupTarget): Promise<void> {
  if (table.files.length === 0) return;
  const statement = `copy ${fullName(owner, table)} (${columnList(owner, table.columns)}) from stdin`;
  const taken = owner.query(copyFrom(statement));
  await pipeline(linesOfAll(target, table.files), taken);
  if (taken.rowCount !== table.rows)
    throw new BackupError(
      `${table.name} has ${table.rows} rows in the backup; PostgreSQL has taken ${taken.rowCount}.`,
    );
}

interface Reference {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Rows come table by table: references are checked when all are there. */
async function dropReferences(owner: Client): Promise<readonly Reference[]> {
  const { rows } = await owner.query<Reference>(
    `select k.conrelid::regclass::text as table, quote_ident(k.conname) as name, pg_get_constraintdef(k.oid) as definition
       from pg_constraint k join pg_namespace n on n.oid = k.connamespace
      where k.contype = 'f' and n.nspname in ('public', 'graphile_worker') order by k.oid`,
  );
  for (const { table, name } of rows) await owner.query(`alter table ${table} drop constraint ${name}`);
  return rows;
}

/** COPY takes no rows through policies. Answers the tables that are to be protected again. */
async function liftRowSecurity(owner: Client): Promise<readonly string[]> {
  const { rows } = await owner.query<{ table: string }>(
    `select c.oid::regclass::text as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'graphile_worker') and c.relkind = 'r' and c.relforcerowsecurity order by 1`,
  );
  for (const { table } of rows) await owner.query(`alter table ${table} no force row level security`);
  return rows.map(({ table }) => table);
}
