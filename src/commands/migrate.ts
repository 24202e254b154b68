import type { Config } from '../platform/config/index.js';
import { migrate } from '../platform/database/migrate.js';
import { commandLog } from './command-log.js';
import { withDatabase } from './open-database.js';

/** `dovecote migrate`: brings the schema up to date without serving. */
export async function migrateCommand(config: Config): Promise<void> {
  const log = commandLog(config);
  await withDatabase(config, log, async ({ ownerUrl, masterKey }) => {
    await migrate({ ownerUrl, masterKey, appRole: roleOf(config.database.appUrl) }, log);
  });
  log.info('The schema is up to date.');
}

function roleOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : decodeURIComponent(new URL(url).username);
}
