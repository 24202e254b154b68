import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, ConfigError } from '../config/index.js';

type KeyConfig = Pick<Config, 'masterKey' | 'dataDir'>;

export function masterKeyFileOf({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'master.key');
}

/**
 * The key that encrypts stored secrets: configured, or stored in the data folder. Undefined before the first
 * start.
 */
export async function readMasterKey(config: KeyConfig): Promise<Buffer | undefined> {
  if (config.masterKey !== undefined) return Buffer.from(config.masterKey, 'base64');
  const file = masterKeyFileOf(config);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === 32) return key;
  throw new ConfigError([`${file} must hold 32 bytes in base64; restore it from your backup.`]);
}

/** The second key, which opens and does not seal; undefined unless the key is being changed. */
export function readAcceptedKey({
  acceptedMasterKey,
}: Pick<Config, 'acceptedMasterKey'>): Buffer | undefined {
  return acceptedMasterKey === undefined ? undefined : Buffer.from(acceptedMasterKey, 'base64');
}

/** The first key of an installation. Only for a database in which nothing is encrypted yet. */
export async function makeMasterKey(config: KeyConfig): Promise<Buffer> {
  await mkdir(config.dataDir, { recursive: true });
  // 'wx' fails when the file exists: a key that secrets were encrypted with is never overwritten.
  await writeFile(masterKeyFileOf(config), `${randomBytes(32).toString('base64')}\n`, {
    mode: 0o600,
    flag: 'wx',
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const key = await readMasterKey(config);
  if (!key) throw new Error(`${masterKeyFileOf(config)} was deleted after it was created.`);
  return key;
}
