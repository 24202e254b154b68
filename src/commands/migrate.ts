import type { Logger } from 'pino';
import type { Config } from '../platform/config/index.js';
import { migrate } from '../platform/database/migrate.js';
import { commandLog } from './command-log.js';
import { type OpenDatabase, withDatabase } from './open-database.js';

/** `dovecote migrate`: brings the schema up to date without serving. */
export async function migrateCommand(config: Config): Promise<void> {
  const log = commandLog(config);
  await withDatabase(config, log, (database) => migrateDatabase(config, database, log));
  log.info('The schema is up to date.');
}

/** Every start migrates first: one path for the first start and for an upgrade. */
export async function migrateDatabase(config: Config, database: OpenDatabase, log: Logger): Promise<void> {
  const { ownerUrl, masterKey } = database;
  await migrate({ ownerUrl, masterKey, appRole: roleOf(config.database.appUrl) }, log);
}

function roleOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : decodeURIComponent(new URL(url).username);
}
