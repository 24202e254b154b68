import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * When the process started, in the operating system's own words, or undefined when it does not run.
 * Together with the pid it names one process for good: pids alone are reused.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The command name in parentheses may hold spaces; the state follows it, the start time is 19 fields later.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
  }
  return ps(pid, 'lstart');
}

export async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return words === '' ? undefined : words.replaceAll('\0', ' ').trim();
  }
  return ps(pid, 'command');
}

async function ps(pid: number, column: string): Promise<string | undefined> {
  const result = await run('ps', ['-o', `${column}=`, '-p', String(pid)]).catch(() => undefined);
  return result?.stdout.trim() || undefined;
}
