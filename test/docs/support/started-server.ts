import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { root } from './page.js';
import { terminalEnvironment } from './shell.js';

/** A server that a reader has started in another terminal. */
export interface StartedServer {
  readonly url: string;
  readonly dataDir: string;
  /** What it has printed. */
  readonly printed: string;
  /** As Ctrl-C does; the data stay. */
  interrupt(): Promise<void>;
  /** Starts it again, on the same data. */
  again(command: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs the command, such as `npm start`, with a free port and a separate data folder. */
export async function startAsWritten(command: string): Promise<StartedServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-docs-data-'));
  let port = 0;
  let printed = '';
  let running: ChildProcess | undefined;

  async function start(typed: string): Promise<void> {
    port = await freePort();
    printed = '';
    const child = spawn('bash', ['-c', typed], {
      cwd: root,
      env: terminalEnvironment({ PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn' }),
      stdio: 'pipe',
      // A separate process group, as in a terminal.
      detached: true,
    });
    running = child;
    process.once('exit', () => signal(child, 'SIGKILL'));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (printed += data.toString()));
    await eventually(
      'the greeting',
      () => {
        if (child.exitCode !== null) throw new Error(printed);
        return Promise.resolve(printed.includes('Ctrl-C stops everything'));
      },
      100_000,
    );
  }

  async function interrupt(): Promise<void> {
    if (!running) return;
    const exited = once(running, 'exit');
    signal(running, 'SIGINT');
    await exited;
    running = undefined;
  }

  const server: StartedServer = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    dataDir,
    get printed() {
      return printed;
    },
    interrupt,
    again: start,
    async stop() {
      await interrupt();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  await start(command);
  return server;
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, name);
  } catch {
    // It has ended already.
  }
}
