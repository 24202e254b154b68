import { createEnvelope } from '@dovecote/secret';
import { SigningKeys } from '../platform/caller/signing-keys.js';
import type { Config } from '../platform/config/index.js';
import { appDataSource } from '../platform/database/data-source.js';
import { Database } from '../platform/database/index.js';
import { requireMigrated } from '../platform/database/migrate.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { withDatabase } from './open-database.js';

/** `dovecote rotate-keys`: the published successor signs from now on; tokens that are out stay valid. */
export async function rotateKeysCommand(config: Config): Promise<void> {
  const log = createCommandLogger(config);
  await withDatabase(config, log, async (database) => {
    const { appUrl, masterKey } = database;
    await requireMigrated(database);
    const pool = { size: 1, applicationName: 'dovecote rotate-keys' };
    const dataSource = await appDataSource(appUrl, [], pool, log).initialize();
    try {
      const keys = new SigningKeys(new Database(dataSource), createEnvelope(masterKey));
      // A database that has not been served from yet has nothing to rotate.
      await keys.ensure();
      await keys.rotate(new Date());
    } finally {
      await dataSource.destroy();
    }
  });
  log.info('Access tokens are signed with a new key within a minute; running servers need no restart.');
}
