import { runMigrations } from 'graphile-worker';
import { Client, Pool } from 'pg';
import type { Logger } from 'pino';
import { appRole, ensureAppRole, grantAppRole } from './app-role.js';
import { ownerDataSource } from './data-source.js';

export interface MigrateOptions {
  /** Connection of the owner of the schema. */
  ownerUrl: string;
  masterKey: Buffer;
  /** The role that the server connects as, when the operator made one; otherwise dovecote_app is created. */
  appRole?: string;
}

/** Brings the schema, the job tables and the app role's rights up to date. Safe to run twice, and at once. */
export async function migrate(options: MigrateOptions, log: Logger): Promise<void> {
  const owner = new Client({ connectionString: options.ownerUrl });
  await owner.connect();
  try {
    await owner.query('select pg_advisory_lock(7263541)');
    await migrateSchema(options.ownerUrl, log);
    await migrateJobTables(options.ownerUrl, log);
    if (!options.appRole) await ensureAppRole(owner, options.masterKey);
    await grantAppRole(owner, options.appRole ?? appRole);
  } finally {
    // Ends the session and with it the lock.
    await owner.end();
  }
}

async function migrateSchema(ownerUrl: string, log: Logger): Promise<void> {
  const dataSource = await ownerDataSource(ownerUrl).initialize();
  try {
    const done = await dataSource.runMigrations();
    for (const { name } of done) log.info({ migration: name }, 'migrated');
  } finally {
    await dataSource.destroy();
  }
}

async function migrateJobTables(ownerUrl: string, log: Logger): Promise<void> {
  const pgPool = new Pool({ connectionString: ownerUrl, max: 1 });
  const onLost = (error: Error): void => log.warn({ err: error }, 'connection lost while migrating');
  pgPool.on('error', onLost).on('connect', (client) => client.on('error', onLost));
  try {
    await runMigrations({ pgPool });
  } finally {
    await pgPool.end();
  }
}
