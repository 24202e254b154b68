import { createEnvelope } from '@dovecote/secret';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { migrations } from '#migrations';
import { SigningKeys } from '../../platform/caller/signing-keys.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { Database, rowSecurityDefects } from '../../platform/database/index.js';
import type { OpenDatabase } from '../open-database.js';
import type { Finding } from './finding.js';
import { examine, fail, ok } from './finding.js';

const oldestVersion = 15;
const start = 'Start the server once, or run "dovecote migrate".';

/** What the database says about itself, as its owner and as the role that serves. */
export async function examineDatabase(database: OpenDatabase, log: Logger): Promise<readonly Finding[]> {
  const owner = new Client({ connectionString: database.ownerUrl, connectionTimeoutMillis: 10_000 });
  const reach = await examine('database', 'Start PostgreSQL or correct DATABASE_URL.', async () => {
    await owner.connect();
    return examineVersion(owner);
  });
  if (reach.some(({ level }) => level === 'fail')) return reach;
  try {
    const schema = await examine('migrations', start, () => examineMigrations(owner));
    const migrated = schema.every(({ level }) => level === 'ok');
    return [...reach, ...schema, ...(migrated ? await examineAsApp(database, log) : [])];
  } finally {
    await owner.end();
  }
}

async function examineVersion(owner: Client): Promise<Finding> {
  const { rows } = await owner.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const { version = 'unknown', number = 0 } = rows[0] ?? {};
  return number >= oldestVersion * 10_000
    ? ok('database', `PostgreSQL ${version}`)
    : fail('database', `PostgreSQL ${version} is too old`, `Upgrade it to ${oldestVersion} or newer.`);
}

async function examineMigrations(owner: Client): Promise<Finding> {
  const { rows } = await owner.query<{ name: string }>('select name from schema_migration');
  const done = new Set(rows.map(({ name }) => name));
  const known: string[] = migrations.map((Migration) => new Migration().name);
  const missing = known.filter((name) => !done.has(name));
  if (missing.length > 0) return fail('migrations', `not applied: ${missing.join(', ')}`, start);
  const newer = [...done].filter((name) => !known.includes(name));
  if (newer.length === 0) return ok('migrations', `all ${known.length} applied`);
  return fail(
    'migrations',
    `the schema is newer than this program: ${newer.join(', ')}`,
    'Upgrade the program.',
  );
}

async function examineAsApp({ appUrl, masterKey }: OpenDatabase, log: Logger): Promise<readonly Finding[]> {
  const dataSource = appDataSource(appUrl, [], { size: 1, applicationName: 'dovecote doctor' }, log);
  const connect = await examine('app role', `${start} With DATABASE_APP_URL, correct that.`, async () => {
    await dataSource.initialize();
    return ok('app role', `${decodeURIComponent(new URL(appUrl).username)} connects`);
  });
  if (!dataSource.isInitialized) return connect;
  const database = new Database(dataSource);
  try {
    const tenancy = await examine('tenancy', start, () => examineTenancy(database));
    const wrongKey = 'Set MASTER_KEY, or restore master.key, to the key that this database was made with.';
    const keys = await examine('signing keys', wrongKey, async () => {
      const signingKeys = new SigningKeys(database, createEnvelope(masterKey));
      if ((await signingKeys.published()).length === 0)
        return ok('signing keys', 'will be made at the first start');
      await signingKeys.current();
      return ok('signing keys', 'open with the master key');
    });
    return [...connect, ...tenancy, ...keys];
  } finally {
    await dataSource.destroy();
  }
}

async function examineTenancy(database: Database): Promise<readonly Finding[]> {
  const defects = await rowSecurityDefects(database);
  if (defects.length === 0)
    return [ok('tenancy', 'row-level security is forced, and the app role cannot bypass it')];
  const advice =
    'Use an app role that owns no table and has neither SUPERUSER nor BYPASSRLS; then "dovecote migrate".';
  return defects.map((defect) => fail('tenancy', defect, advice));
}
