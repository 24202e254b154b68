import { Client } from 'pg';
import type { Logger } from 'pino';
import type { Config } from '../platform/config/index.js';
import {
  makeMasterKey,
  masterKeyFileOf,
  readAcceptedKey,
  readMasterKey,
} from '../platform/data-folder/index.js';
import { appRolePassword, appUrl } from '../platform/database/app-role.js';
import { appDataSource } from '../platform/database/data-source.js';
import { Database } from '../platform/database/index.js';
import { boundKey, keyMissingObstacle, type MasterKeys } from '../platform/database/master-key-check.js';
import { requireMigrated } from '../platform/database/migrate.js';
import { ObstacleError } from '../platform/database/obstacle.js';
import { type startEmbeddedPostgres, useEmbeddedPostgres } from '../platform/database/embedded/index.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';

export interface OpenDatabase extends MasterKeys {
  /** The owner of the tables. */
  readonly ownerUrl: string;
  /** The role that serves. */
  readonly appUrl: string;
  /** The same, when the operator made that role. */
  readonly configuredAppUrl?: string;
  /** The password of that role now; undefined unless it may change while processes run, because the master key does. */
  readonly appPassword?: () => Promise<string>;
}

/**
 * Lends the configured database to a command. An embedded one is started for it unless it runs already; pass
 * startEmbeddedPostgres to insist on being the one that runs it.
 */
export async function withDatabase<T>(
  config: Config,
  log: Logger,
  work: (database: OpenDatabase) => Promise<T>,
  openEmbedded: typeof startEmbeddedPostgres = useEmbeddedPostgres,
): Promise<T> {
  const known = await readMasterKey(config);
  const { appUrl: configuredAppUrl } = config.database;
  const lend = async (ownerUrl: string): Promise<T> => {
    const masterKey = known ?? (await makeFirstKey(config, ownerUrl));
    const keys = { masterKey, acceptedKey: readAcceptedKey(config) };
    const password = async (): Promise<string> => appRolePassword(await keyInUse(ownerUrl, keys));
    return work({
      ...keys,
      ownerUrl,
      configuredAppUrl,
      appUrl: configuredAppUrl ?? appUrl(ownerUrl, await keyInUse(ownerUrl, keys)),
      appPassword: keys.acceptedKey && configuredAppUrl === undefined ? password : undefined,
    });
  };
  if (config.database.url !== undefined) return lend(config.database.url);
  const postgres = await openEmbedded({ dataDir: config.dataDir, log });
  try {
    return await lend(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** Lends a command the migrated database as the role that serves, over one connection of this name. */
export async function withServingRole<T>(
  config: Config,
  applicationName: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  return withDatabase(config, log, async (database) => {
    await requireMigrated(database);
    const pool = { size: 1, applicationName };
    const dataSource = await appDataSource(database.appUrl, [], pool, log).initialize();
    try {
      return await work(new Database(dataSource));
    } finally {
      await dataSource.destroy();
    }
  });
}

/** The key from which the password of the app role follows. */
async function keyInUse(ownerUrl: string, keys: MasterKeys): Promise<Buffer> {
  if (!keys.acceptedKey) return keys.masterKey;
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    return (await boundKey(owner, keys)) ?? keys.masterKey;
  } finally {
    await owner.end();
  }
}

/** A lost key is never replaced silently: everything encrypted with it would be lost, too. */
async function makeFirstKey(config: Config, ownerUrl: string): Promise<Buffer> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const missing = await keyMissingObstacle(owner, masterKeyFileOf(config));
    if (missing) throw new ObstacleError([missing]);
  } finally {
    await owner.end();
  }
  return makeMasterKey(config);
}
