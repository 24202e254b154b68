import { runMigrations } from 'graphile-worker';
import { Client, Pool } from 'pg';
import type { Logger } from 'pino';
import { type AppConnection, appRoleObstacle, appUrl, ensureAppRole, roleOf } from './app-role.js';
import { grantAppRole } from './app-role-grants.js';
import { ownerDataSource } from './data-source.js';
import { ensureBackupPolicies } from './backup-policies.js';
import { ensureJobIndexes } from './job-indexes.js';
import { boundKey, type MasterKeys, masterKeyObstacle, rememberMasterKey } from './master-key-check.js';
import { type Obstacle, ObstacleError } from './obstacle.js';
import { missingMigrationsObstacle, readSchemaState, schemaObstacles } from './schema-obstacles.js';
import { unfinishedRestoreObstacle } from './unfinished-restore.js';

export interface MigrateOptions extends MasterKeys {
  /** Connection of the owner of the schema. */
  ownerUrl: string;
  /** Connection of the role that the operator made to serve; otherwise dovecote_app is created. */
  configuredAppUrl?: string;
}

/**
 * Brings the schema, the job tables and the app role's rights up to date. Safe to run twice, and at once. Refuses with an
 * ObstacleError, and before anything is changed, where an operator must act.
 */
export async function migrate(options: MigrateOptions, log: Logger): Promise<void> {
  const owner = new Client({ connectionString: options.ownerUrl, connectionTimeoutMillis: 10_000 });
  await owner.connect();
  try {
    await waitForTurn(owner, log);
    const obstacles = await findObstacles(owner, options);
    if (obstacles.length > 0) throw new ObstacleError(obstacles);
    await bringUpToDate(owner, options, log);
  } finally {
    // Ends the session and with it the lock.
    await owner.end();
  }
}

/** The same, for a session that has the turn and has looked for obstacles. */
export async function bringUpToDate(owner: Client, options: MigrateOptions, log: Logger): Promise<void> {
  await migrateSchema(options.ownerUrl, log);
  await rememberMasterKey(owner, options);
  await migrateJobTables(options.ownerUrl, log);
  await ensureJobIndexes(owner);
  await ensureBackupPolicies(owner);
  const app = await appConnection(owner, options);
  await ensureAppRole(owner, app);
  await grantAppRole(owner, roleOf(app));
}

/** For commands that work beside running servers, and must not migrate under them. */
export async function requireMigrated(options: MigrateOptions): Promise<void> {
  const owner = new Client({ connectionString: options.ownerUrl, connectionTimeoutMillis: 10_000 });
  await owner.connect();
  try {
    const missing = missingMigrationsObstacle(await readSchemaState(owner));
    const obstacles = [...(await findObstacles(owner, options)), ...(missing ? [missing] : [])];
    if (obstacles.length > 0) throw new ObstacleError(obstacles);
  } finally {
    await owner.end();
  }
}

/** Processes that start together migrate one after the other. */
export async function waitForTurn(owner: Client, log: Logger): Promise<void> {
  const { rows } = await owner.query<{ taken: boolean }>('select pg_try_advisory_lock(7263541) as taken');
  if (rows[0]?.taken) return;
  log.info('another process is migrating; waiting for it');
  await owner.query('select pg_advisory_lock(7263541)');
}

/** Everything that would stop a start on this database. */
export async function findObstacles(owner: Client, options: MigrateOptions): Promise<readonly Obstacle[]> {
  const restore = await unfinishedRestoreObstacle(owner);
  return restore ? [restore] : findObstaclesOfRestore(owner, options);
}

/** What would stop the restore of a backup into this database, or its continuation. */
export async function findObstaclesOfRestore(
  owner: Client,
  options: MigrateOptions,
): Promise<readonly Obstacle[]> {
  const schema = await schemaObstacles(owner);
  if (schema.length > 0) return schema;
  // Before the app role: another key would give it another password, and lock out the servers that run.
  const key = await masterKeyObstacle(owner, options);
  if (key) return [key];
  const role = await appRoleObstacle(owner, await appConnection(owner, options));
  return role ? [role] : [];
}

/** The password follows from the key to which the database is bound: all processes change it together. */
async function appConnection(owner: Client, options: MigrateOptions): Promise<AppConnection> {
  const { ownerUrl, configuredAppUrl } = options;
  if (configuredAppUrl !== undefined) return { url: configuredAppUrl, configured: true };
  const key = (await boundKey(owner, options)) ?? options.masterKey;
  return { url: appUrl(ownerUrl, key), configured: false };
}

/** `only`: these migrations, for the schema of an earlier release. */
export async function migrateSchema(ownerUrl: string, log: Logger, only?: readonly string[]): Promise<void> {
  const dataSource = await ownerDataSource(ownerUrl, only).initialize();
  try {
    const done = await dataSource.runMigrations();
    for (const { name } of done) log.info({ migration: name }, 'migrated');
  } finally {
    await dataSource.destroy();
  }
}

export async function migrateJobTables(ownerUrl: string, log: Logger): Promise<void> {
  const pgPool = new Pool({ connectionString: ownerUrl, max: 1 });
  const onLost = (error: Error): void => log.warn({ err: error }, 'connection lost while migrating');
  pgPool.on('error', onLost).on('connect', (client) => client.on('error', onLost));
  try {
    await runMigrations({ pgPool });
  } finally {
    await pgPool.end();
  }
}
