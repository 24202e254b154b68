import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Which process has the folder open: for messages, and to tell one that is about to end. It excludes no second process,
 * because process ids mean nothing in another container: the lock that the engine itself holds does.
 */
export interface Owner {
  readonly pid: number;
  /** The process that started it. */
  readonly parentPid: number;
  readonly host: string;
}

const fileOf = (dataDir: string): string => join(dataDir, 'engine.lock');

/** Only for the process that has the engine open. */
export async function writeOwner(dataDir: string): Promise<void> {
  await writeFile(fileOf(dataDir), `${process.pid}\n${process.ppid}\n${hostname()}\n`, { mode: 0o600 });
}

/** Only for the process that has the engine open. */
export async function removeOwner(dataDir: string): Promise<void> {
  await rm(fileOf(dataDir), { force: true });
}

/** Undefined: the process that has the folder open is just starting, or stopping. */
export async function readOwner(dataDir: string): Promise<Owner | undefined> {
  const text = await readFile(fileOf(dataDir), 'utf8').catch(() => '');
  const [pid = '', parentPid = '', host = ''] = text.split('\n');
  return pid === '' ? undefined : { pid: Number(pid), parentPid: Number(parentPid), host };
}

/** Whether the folder is likely to be free soon. A process of another host, or container, is taken for a living one. */
export function isEnding(owner: Owner | undefined): boolean {
  return owner === undefined || (isOfThisHost(owner) && !isRunning(owner.parentPid));
}

export function describeOwner(owner: Owner | undefined): string {
  if (owner === undefined) return 'The data folder is in use by another process.';
  const place = isOfThisHost(owner) ? '' : ` of ${owner.host}`;
  const advice = isOfThisHost(owner) ? '' : ' Several machines or containers need CLICKHOUSE_URL.';
  return `The data folder is in use by process ${owner.parentPid}${place} (its engine is process ${owner.pid}).${advice}`;
}

function isOfThisHost({ host }: Owner): boolean {
  return host === hostname();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
