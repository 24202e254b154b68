import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * When the process started, in the operating system's own words, or undefined when it does not run.
 * Together with the pid and the start of the machine it names one process for good: pids alone are reused.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The command name in parentheses may hold spaces; the state follows it, the start time is 19 fields later.
    const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
  }
  return ps(pid, 'lstart');
}

/** Linux counts the start of a process from that of the machine; elsewhere it is a date, which says enough. */
export async function bootOf(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return id.trim();
}

async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return words === '' ? undefined : words.replaceAll('\0', ' ').trim();
  }
  return ps(pid, 'command');
}

/** Whether the process works in the folder, under whatever path it was started there. */
export async function runsIn(pid: number, folder: string): Promise<boolean> {
  const [own, asked] = await Promise.all([
    stat(`/proc/${pid}/cwd`).catch(() => undefined),
    stat(folder).catch(() => undefined),
  ]);
  if (own && asked) return own.dev === asked.dev && own.ino === asked.ino;
  return ` ${await commandOf(pid)} `.includes(` ${folder} `);
}

async function ps(pid: number, column: string): Promise<string | undefined> {
  const result = await run('ps', ['-o', `${column}=`, '-p', String(pid)]).catch(() => undefined);
  return result?.stdout.trim() || undefined;
}
