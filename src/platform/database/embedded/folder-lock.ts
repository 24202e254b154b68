import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { AlreadyRunningError } from './errors.js';
import { startTimeOf } from './process-identity.js';

/** Keeps a second server out of the folder; a lock whose process is gone (kill -9, power cut) is taken over. */
export async function lockFolder(file: string): Promise<{ release(): Promise<void> }> {
  const holder = await holderOf(file);
  if (holder !== undefined) throw new AlreadyRunningError(holder);
  await rm(file, { force: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n${await startTimeOf(process.pid)}\n`);
  try {
    // link() creates the file with its content in one step and fails when it exists.
    await link(draft, file);
  } catch (error) {
    const winner = await holderOf(file);
    throw winner === undefined ? error : new AlreadyRunningError(winner);
  } finally {
    await rm(draft, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
}

/** The pid of the living process that holds the lock. */
export async function holderOf(file: string): Promise<number | undefined> {
  const [pid = '', startTime = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return startTime !== '' && (await startTimeOf(Number(pid))) === startTime ? Number(pid) : undefined;
}
