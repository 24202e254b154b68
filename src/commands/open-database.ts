import type { Logger } from 'pino';
import { loadMasterKey } from '../platform/config/index.js';
import type { Config } from '../platform/config/index.js';
import { appUrl } from '../platform/database/app-role.js';
import { type startEmbeddedPostgres, useEmbeddedPostgres } from '../platform/database/embedded/index.js';

export interface OpenDatabase {
  /** The owner of the tables. */
  readonly ownerUrl: string;
  /** The role that serves. */
  readonly appUrl: string;
  /** The same, when the operator made that role. */
  readonly configuredAppUrl?: string;
  readonly masterKey: Buffer;
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
  const masterKey = await loadMasterKey(config);
  const { appUrl: configuredAppUrl } = config.database;
  const lend = (ownerUrl: string): Promise<T> =>
    work({
      ownerUrl,
      appUrl: configuredAppUrl ?? appUrl(ownerUrl, masterKey),
      configuredAppUrl,
      masterKey,
    });
  if (config.database.url !== undefined) return lend(config.database.url);
  const postgres = await openEmbedded({ dataDir: config.dataDir, log });
  try {
    return await lend(postgres.url);
  } finally {
    await postgres.stop();
  }
}
