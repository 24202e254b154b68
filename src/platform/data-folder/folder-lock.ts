import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bootOf, startTimeOf } from './process-identity.js';

export interface FolderLock {
  release(): Promise<void>;
}

/** Another process that runs holds the folder. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
  constructor(readonly pid: number) {
    super(`The folder is locked by process ${pid}.`);
  }
}

/**
 * Keeps a second process out of the folder. The lock names the process, by number and start time, and the
 * folder. It is stale when the process has ended (kill -9, power cut), its number belongs to another process,
 * or the folder is a copy.
 */
export async function lockFolder(file: string): Promise<FolderLock> {
  const holder = await holderOf(file);
  if (holder !== undefined) throw new FolderLockedError(holder);
  await rm(file, { force: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n${await startTimeOf(process.pid)}\n${await placeOf(file)}\n`);
  try {
    // link() creates the file with its content in one step and fails when it exists.
    await link(draft, file);
  } catch (error) {
    const winner = await holderOf(file);
    throw winner === undefined ? error : new FolderLockedError(winner);
  } finally {
    await rm(draft, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
}

/** The pid of the living process that holds the lock. */
export async function holderOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [pid = '', startTime = '', place = ''] = text.split('\n');
  if (startTime === '' || (await startTimeOf(Number(pid))) !== startTime) return undefined;
  // Earlier releases wrote no place.
  return place === '' || place === (await placeOf(file)) ? Number(pid) : undefined;
}

/** The folder as the file system knows it, whatever its path, since this start of the machine. */
async function placeOf(file: string): Promise<string> {
  const { dev, ino } = await stat(dirname(file), { bigint: true });
  return `${dev}:${ino} ${await bootOf()}`;
}
