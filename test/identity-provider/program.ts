import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Program {
  stop(): Promise<void>;
}

export interface ProgramOptions {
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** Starts a program, and waits until it prints the words; fails with what it printed instead. */
export async function startProgram(
  command: string,
  args: readonly string[],
  words: string,
  { env = {}, timeoutMs = 60_000 }: ProgramOptions = {},
): Promise<Program> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a script ends together with what it has started.
    detached: true,
  });
  // Do not outlive a run that is interrupted.
  const kill = (): void => killGroup(child);
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await ended(child);
  };
  let printed = '';
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${command} ${why}: ${printed}`));
    const timer = setTimeout(() => fail('is not ready'), timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        printed = (printed + data.toString()).slice(-20_000);
        if (!printed.includes(words)) return;
        clearTimeout(timer);
        resolve();
      });
    }
    child.once('exit', () => fail('has ended'));
    child.once('error', (error) => fail(error.message));
  });
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  killGroup(child);
  await exited;
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}
