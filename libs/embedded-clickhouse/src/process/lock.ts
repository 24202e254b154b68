import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Another process owns the folder. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
  constructor({ pid, parentPid }: Owner) {
    super(`The data folder is in use by process ${parentPid} (its engine is process ${pid}).`);
  }
}

export interface Owner {
  readonly pid: number;
  /** The process that started it. */
  readonly parentPid: number;
  /** The parent has ended, so the engine is about to. */
  readonly isOrphan: boolean;
}

const POLL_MS = 50;

/**
 * Keeps a second process out; the lock of a process that has ended is taken over, and an engine whose parent was killed
 * is given some time to end. Returns how to give the lock back.
 */
export async function lockFolder(file: string, orphanPatienceMs: number): Promise<() => Promise<void>> {
  const deadline = Date.now() + orphanPatienceMs;
  for (let owner = await ownerOf(file); owner !== undefined; owner = await ownerOf(file)) {
    if (!owner.isOrphan || Date.now() > deadline) throw new FolderLockedError(owner);
    await delay(POLL_MS);
  }
  await rm(file, { force: true });
  const draft = `${file}.${process.pid}`;
  const names = [process.pid, process.ppid];
  const lines = await Promise.all(names.map(async (pid) => `${pid} ${await startOf(pid)}\n`));
  await writeFile(draft, lines.join(''), { mode: 0o600 });
  try {
    // link() creates the file with its content in one step and fails when it exists.
    await link(draft, file);
  } catch (error) {
    const winner = await ownerOf(file);
    throw winner === undefined ? error : new FolderLockedError(winner);
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(file, { force: true });
}

/** The living process that holds the lock. */
export async function ownerOf(file: string): Promise<Owner | undefined> {
  const [own = '', parent = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (!(await isAlive(own))) return undefined;
  return { pid: pidOf(own), parentPid: pidOf(parent), isOrphan: !(await isAlive(parent)) };
}

function pidOf(line: string): number {
  return Number(line.split(' ')[0]);
}

async function isAlive(line: string): Promise<boolean> {
  const start = line.slice(line.indexOf(' ') + 1);
  return start !== '' && (await startOf(pidOf(line))) === start;
}

/** When the process started, since pids are reused; where that cannot be read, only that it runs. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return isRunning(pid) ? 'running' : undefined;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command in parentheses may hold spaces; the state follows it, the start is 19 fields later.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields[0] === 'Z') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()} ${fields[19]}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
