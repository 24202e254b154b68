import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How another process of the same user reaches the engine. */
export interface Access {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

const fileOf = (dataDir: string): string => join(dataDir, 'access.json');

export async function writeAccess(dataDir: string, access: Access): Promise<void> {
  const draft = `${fileOf(dataDir)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  await rename(draft, fileOf(dataDir));
}

export async function readAccess(dataDir: string): Promise<Access | undefined> {
  const text = await readFile(fileOf(dataDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Access);
}

export async function removeAccess(dataDir: string): Promise<void> {
  await rm(fileOf(dataDir), { force: true });
}
