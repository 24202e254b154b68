import type { Config } from '../platform/config/index.js';
import { migrate } from '../platform/database/migrate.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { withDatabase } from './open-database.js';

/** `dovecote migrate`: brings the schema up to date without serving. */
export async function migrateCommand(config: Config): Promise<void> {
  const log = createCommandLogger(config);
  await withDatabase(config, log, (database) => migrate(database, log));
  log.info('The schema is up to date.');
}
