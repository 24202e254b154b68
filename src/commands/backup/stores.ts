import { createEnvelope } from '@dovecote/secret';
import type { Logger } from 'pino';
import { type EngineConnection, engineAccess } from '../../platform/analytics-store/index.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Config } from '../../platform/config/index.js';
import type { MasterKeys } from '../../platform/database/master-key-check.js';
import { type ObjectStore, openObjectStore } from '../../platform/object-store/index.js';

/** A table takes as long as it takes. */
const patienceSeconds = 24 * 60 * 60;

/**
 * Lends the analytics engine: that of a server that runs, or one that is started for the command. Undefined when analytics was
 * never used, unless it is `needed`.
 */
export async function withEngine<T>(
  config: Config,
  log: Logger,
  work: (connection: EngineConnection | undefined) => Promise<T>,
  needed = false,
): Promise<T> {
  const query = { ...config.analytics.query, seconds: patienceSeconds };
  const access = engineAccess({ ...config, analytics: { ...config.analytics, query } }, log);
  if (!needed && !(await access.isUsed())) return work(undefined);
  const engine = await access.open(new AbortController().signal);
  try {
    return await work(engine.connection);
  } finally {
    await engine.close();
  }
}

export function openObjects(config: Config, { masterKey, acceptedKey }: MasterKeys): Promise<ObjectStore> {
  const envelope = createEnvelope(acceptedKey ? [masterKey, acceptedKey] : masterKey);
  return openObjectStore(config, envelope, new Clock());
}
