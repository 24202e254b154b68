import { link, readFile, rm, writeFile } from 'node:fs/promises';

/** Another living process owns the folder. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
  constructor(readonly pid: number) {
    super(`The data folder is in use by process ${pid}.`);
  }
}

/** Keeps a second process out; the lock of a process that has ended is taken over. Returns how to give it back. */
export async function lockFolder(file: string): Promise<() => Promise<void>> {
  const owner = await ownerOf(file);
  if (owner !== undefined) throw new FolderLockedError(owner);
  await rm(file, { force: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n${await startOf(process.pid)}\n`, { mode: 0o600 });
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

/** The pid of the living process that holds the lock. */
export async function ownerOf(file: string): Promise<number | undefined> {
  const [pid = '', start = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (start === '' || (await startOf(Number(pid))) !== start) return undefined;
  return Number(pid);
}

/** When the process started, since pids are reused; where it cannot be read, only whether it runs. */
async function startOf(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status !== undefined) {
    // The command in parentheses may hold spaces; the state follows it, the start is 19 fields later.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return fields[0] === 'Z' ? undefined : `${boot.trim()} ${fields[19]}`;
  }
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return 'running';
  } catch {
    return undefined;
  }
}
