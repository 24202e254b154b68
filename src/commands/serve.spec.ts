import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findRunning } from '../platform/database/embedded/index.js';

// The first start of all builds and creates the database.
jest.setTimeout(120_000);

const bootstrap = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));

interface Running {
  readonly process: ChildProcess;
  /** The process group: npm's place, the bootstrap and the server. */
  readonly group: number;
  readonly url: string;
  readonly exit: Promise<number | null>;
}

let dataDir: string;
const groups: number[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dovecote-start-'));
});

afterAll(async () => {
  for (const pid of groups) killGroup(pid);
  await rm(dataDir, { recursive: true, force: true });
});

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended already: what we wanted.
    expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
  }
}

/** What `npm start` runs, in a process group of its own as a terminal would give it. */
function launch(): { child: ChildProcess; group: number; output: () => string } {
  const env = { ...process.env, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [bootstrap, 'start'], { env, detached: true, stdio: 'pipe' });
  const group = child.pid ?? 0;
  expect(group).toBeGreaterThan(1);
  groups.push(group);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, group, output: () => text };
}

async function start(): Promise<Running> {
  const { child, group, output } = launch();
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const url = async (): Promise<string> => {
    const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output())?.[0];
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(output());
    return delay(20).then(url);
  };
  return { process: child, group, url: await url(), exit };
}

async function isHealthy({ url }: Running): Promise<boolean> {
  const response = await fetch(`${url}/health`);
  return response.ok;
}

describe('npm start', () => {
  test('serves; a second start is refused in a sentence; Ctrl-C stops all of it', async () => {
    const running = await start();
    expect(await isHealthy(running)).toBe(true);

    const { child: second, output } = launch();
    // Not `exit`: by then its last words need not have been read.
    expect(await once(second, 'close')).toEqual([1, null]);
    expect(output()).toContain('already running in this folder');

    // A terminal signals the whole group, and each parent passes it on: one Ctrl-C arrives several times.
    process.kill(-running.group, 'SIGINT');
    running.process.kill('SIGINT');
    expect(await running.exit).toBe(0);
    expect(await findRunning(dataDir)).toBeUndefined();
    await expect(fetch(running.url)).rejects.toThrow();
  });

  test('starts again after everything was killed', async () => {
    const killed = await start();
    process.kill(-killed.group, 'SIGKILL');
    await killed.exit;
    const running = await start();
    expect(await isHealthy(running)).toBe(true);
    running.process.kill('SIGTERM');
    expect(await running.exit).toBe(0);
  });
});
