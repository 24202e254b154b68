import { createEnvelope, type Envelope } from '@dovecote/secret';
import { Client } from 'pg';
// Loads the modules, which declare what they seal.
import '../app.module.js';
import { SigningKeys } from '../platform/caller/signing-keys.js';
import type { Config } from '../platform/config/index.js';
import { setAppRolePassword } from '../platform/database/app-role.js';
import { appDataSource } from '../platform/database/data-source.js';
import { Database } from '../platform/database/index.js';
import { bindTo } from '../platform/database/master-key-check.js';
import { requireMigrated } from '../platform/database/migrate.js';
import { reseal } from '../platform/sealed-columns/index.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { type OpenDatabase, withDatabase } from './open-database.js';

/**
 * `dovecote rotate-keys`: seals with MASTER_KEY what was sealed with MASTER_KEY_ACCEPTED, if that is set. Then the published
 * successor of the key of access tokens signs; tokens that are out stay valid.
 */
export async function rotateKeysCommand(config: Config, print: (line: string) => void): Promise<void> {
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  await withDatabase(config, log, async (database) => {
    const { appUrl, appPassword, masterKey, acceptedKey } = database;
    await requireMigrated(database);
    const envelope = createEnvelope(acceptedKey ? [masterKey, acceptedKey] : masterKey);
    if (acceptedKey) await sealAgain(database, envelope, print);
    const pool = { size: 1, applicationName: 'dovecote rotate-keys', password: appPassword };
    const dataSource = await appDataSource(appUrl, [], pool, log).initialize();
    try {
      const keys = new SigningKeys(new Database(dataSource), envelope);
      // A database that has not been served from yet has nothing to rotate.
      await keys.ensure();
      await keys.rotate(new Date());
    } finally {
      await dataSource.destroy();
    }
  });
  print('Access tokens are signed with a new key within a minute; running servers need no restart.');
}

async function sealAgain(
  { ownerUrl, configuredAppUrl, masterKey }: OpenDatabase,
  envelope: Envelope,
  print: (line: string) => void,
): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl, application_name: 'dovecote rotate-keys' });
  await owner.connect();
  try {
    const { resealed, unreadable } = await reseal(owner, envelope, (place, done) => {
      const rest = done.unreadable > 0 ? `, ${done.unreadable} that neither key opens` : '';
      print(`${place}: ${done.resealed} sealed again${rest}`);
    });
    // Together: from here on a process with the previous key alone is refused, and the role has another password.
    await owner.query('begin');
    await bindTo(owner, masterKey);
    if (configuredAppUrl === undefined) await setAppRolePassword(owner, masterKey);
    await owner.query('commit');
    const lost =
      unreadable > 0 ? ` ${unreadable} values were sealed with yet another key, and stay as they are.` : '';
    print(`${resealed} values are sealed with MASTER_KEY now.${lost} MASTER_KEY_ACCEPTED can be removed.`);
  } finally {
    await owner.end();
  }
}
