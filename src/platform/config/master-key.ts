import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './config.js';
import type { Config } from './config.js';

/** The key that encrypts stored secrets: configured, or kept in the data folder and made at the first start. */
export async function loadMasterKey(config: Pick<Config, 'masterKey' | 'dataDir'>): Promise<Buffer> {
  if (config.masterKey !== undefined) return Buffer.from(config.masterKey, 'base64');
  await mkdir(config.dataDir, { recursive: true });
  const file = join(config.dataDir, 'master.key');
  // 'wx' fails when the file exists: a key that secrets were encrypted with is never overwritten.
  await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (key.length !== 32) {
    throw new ConfigError([`${file} must hold 32 bytes in base64; restore it from your backup.`]);
  }
  return key;
}
