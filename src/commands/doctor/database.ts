import { createEnvelope } from '@dovecote/secret';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { SigningKeys } from '../../platform/caller/signing-keys.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { Database, rowSecurityDefects } from '../../platform/database/index.js';
import { describeDeadLanes, findDeadLanes, isFresh } from '../../platform/worker/presence.js';
import { findObstacles } from '../../platform/database/migrate.js';
import type { Obstacle } from '../../platform/database/obstacle.js';
import { missingMigrationsObstacle, readSchemaState } from '../../platform/database/schema-obstacles.js';
import type { OpenDatabase } from '../open-database.js';
import type { Finding } from './finding.js';
import { examine, fail, ok, warn } from './finding.js';

const start = 'Start the server once, or run "dovecote migrate".';

/** What the database says about itself, as its owner and as the role that serves; what would stop a start first. */
export async function examineDatabase(database: OpenDatabase, log: Logger): Promise<readonly Finding[]> {
  const owner = new Client({ connectionString: database.ownerUrl, connectionTimeoutMillis: 10_000 });
  const reach = await examine('database', 'Start PostgreSQL or correct DATABASE_URL.', async () => {
    await owner.connect();
    const { rows } = await owner.query<{ version: string }>(
      `select current_setting('server_version') as version`,
    );
    return ok('database', `PostgreSQL ${rows[0]?.version}`);
  });
  if (reach.some(({ level }) => level === 'fail')) return reach;
  try {
    const obstacles = await examine('database', 'See the message, and "dovecote config".', async () =>
      (await findObstacles(owner, database)).map(failOf),
    );
    if (obstacles.length > 0) return [...reach, ...obstacles];
    const schema = await examine('migrations', start, () => examineMigrations(owner));
    const migrated = schema.every(({ level }) => level === 'ok');
    return [...reach, ...schema, ...(migrated ? await examineAsApp(database, log) : [])];
  } finally {
    await owner.end();
  }
}

function failOf({ subject, text, advice }: Obstacle): Finding {
  return fail(subject, text, advice);
}

async function examineMigrations(owner: Client): Promise<Finding> {
  const state = await readSchemaState(owner);
  const missing = missingMigrationsObstacle(state);
  return missing ? failOf(missing) : ok('migrations', `all ${state.known.length} applied`);
}

async function examineAsApp(
  { appUrl, masterKey, acceptedKey }: OpenDatabase,
  log: Logger,
): Promise<readonly Finding[]> {
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
      const signingKeys = new SigningKeys(
        database,
        createEnvelope(acceptedKey ? [masterKey, acceptedKey] : masterKey),
      );
      if ((await signingKeys.published()).length === 0)
        return ok('signing keys', 'will be created at the first start');
      await signingKeys.current();
      return ok('signing keys', 'open with the master key');
    });
    const workers = await examine('workers', start, () => examineWorkers(database));
    return [...connect, ...tenancy, ...keys, ...workers];
  } finally {
    await dataSource.destroy();
  }
}

async function examineWorkers(database: Database): Promise<Finding> {
  const dead = await findDeadLanes(database);
  if (dead.length === 0) return ok('workers', 'at work');
  const text = describeDeadLanes(dead);
  if (isFresh(dead)) return ok('workers', text);
  return warn(
    'workers',
    `${text}: their jobs wait`,
    'Start a process with --role worker or all; see its log.',
  );
}

async function examineTenancy(database: Database): Promise<readonly Finding[]> {
  const defects = await rowSecurityDefects(database);
  if (defects.length === 0)
    return [ok('tenancy', 'row-level security is forced, and the app role cannot bypass it')];
  return defects.map(failOf);
}
