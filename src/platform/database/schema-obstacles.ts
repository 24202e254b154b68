import type { Client } from 'pg';
import { migrations } from '#migrations';
import type { Obstacle } from './obstacle.js';

const oldestVersion = 15;

/** Migrations that this program knows, and those that the database has been through. */
export interface SchemaState {
  readonly known: readonly string[];
  readonly applied: readonly string[];
}

export async function readSchemaState(owner: Client): Promise<SchemaState> {
  const known: string[] = migrations.map((Migration) => new Migration().name);
  return { known, applied: await readApplied(owner) };
}

async function readApplied(owner: Client): Promise<string[]> {
  const { rows: tables } = await owner.query(
    `select where to_regclass('public.schema_migration') is not null`,
  );
  if (tables.length === 0) return [];
  const { rows } = await owner.query<{ name: string }>('select name from schema_migration order by id');
  return rows.map(({ name }) => name);
}

/** What keeps the owner from working with this database at all, or from bringing it up to date. */
export async function schemaObstacles(owner: Client): Promise<Obstacle[]> {
  const version = await versionObstacle(owner);
  if (version) return [version];
  const newer = newerSchemaObstacle(await readSchemaState(owner));
  return newer ? [newer] : rightsObstacles(owner);
}

function newerSchemaObstacle({ known, applied }: SchemaState): Obstacle | undefined {
  const newer = applied.filter((name) => !known.includes(name));
  if (newer.length === 0) return undefined;
  return {
    subject: 'migrations',
    text: `The schema is newer than this program: ${newer.join(', ')}.`,
    advice: 'Upgrade the program.',
  };
}

export function missingMigrationsObstacle({ known, applied }: SchemaState): Obstacle | undefined {
  const missing = known.filter((name) => !applied.includes(name));
  if (missing.length === 0) return undefined;
  return {
    subject: 'migrations',
    text: applied.length === 0 ? 'The schema does not exist.' : `Not applied: ${missing.join(', ')}.`,
    advice: 'Start the server once, or run "dovecote migrate".',
  };
}

async function versionObstacle(owner: Client): Promise<Obstacle | undefined> {
  const { rows } = await owner.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const { version = 'unknown', number = 0 } = rows[0] ?? {};
  if (number >= oldestVersion * 10_000) return undefined;
  return {
    subject: 'database',
    text: `PostgreSQL ${version} is too old.`,
    advice: `Upgrade it to ${oldestVersion} or newer.`,
  };
}

interface Rights {
  readonly owner: string;
  readonly database: string;
  readonly creates_schemas: boolean;
  readonly creates_tables: boolean;
  /** Tables of the schema that another role owns. */
  readonly foreign: string[] | null;
}

/** The migrating role must own the tables: grants by another role have no effect and raise no error. */
async function rightsObstacles(owner: Client): Promise<Obstacle[]> {
  const { rows } = await owner.query<Rights>(
    `select current_user as owner, current_database() as database,
            to_regnamespace('graphile_worker') is not null
              or has_database_privilege(current_database(), 'create') as creates_schemas,
            has_schema_privilege('public', 'create') as creates_tables,
            (select array_agg(format('%s (of %s)', c.relname, pg_get_userbyid(c.relowner)) order by c.relname)
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname in ('public', 'graphile_worker') and c.relkind in ('r', 'p')
                and to_regclass('public.schema_migration') is not null
                and not pg_has_role(c.relowner, 'usage')) as foreign`,
  );
  return rows.flatMap(obstaclesOf);
}

function obstaclesOf({ owner, database, creates_schemas, creates_tables, foreign }: Rights): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const add = (text: string, advice: string): void =>
    void obstacles.push({ subject: 'owner', text, advice: `As an administrator, ${advice}` });
  if (!creates_schemas)
    add(
      `${owner} may not create schemas in database ${database}.`,
      `run "alter database ${database} owner to ${owner}" or "grant create on database ${database} to ${owner}".`,
    );
  if (!creates_tables)
    add(
      `${owner} may not create tables in schema public of database ${database}.`,
      `run "grant create on schema public to ${owner}".`,
    );
  if (foreign)
    add(
      `${owner} does not own all tables: ${foreign.slice(0, 5).join(', ')}${foreign.length > 5 ? ' and others' : ''}.`,
      `run "reassign owned by … to ${owner}" in database ${database}, or let DATABASE_URL name their owner.`,
    );
  return obstacles;
}
