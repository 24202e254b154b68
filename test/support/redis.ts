import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from 'redis';
import { endWithRun } from './end-with-run.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

export interface TestRedis {
  readonly url: string;
  /** Milliseconds since the epoch on the clock of Redis. */
  now(): Promise<number>;
  /** Stops answering without hanging up, as a machine in trouble does. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
}

/** A redis-server of our own that keeps nothing on disk; undefined, with the reason printed, where there is none. */
export async function startRedis(): Promise<TestRedis | undefined> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', options, { stdio: 'ignore' });
  const started = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]);
  if (!started) {
    console.warn('skipped: there is no redis-server on this machine');
    return undefined;
  }
  endWithRun(child);
  const url = `redis://127.0.0.1:${port}`;
  return { url, ...(await controlsOf(child, url)) };
}

async function controlsOf(child: ChildProcess, url: string): Promise<Omit<TestRedis, 'url'>> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  await eventually('redis answers', async () => (await client.ping()) === 'PONG');
  return {
    async now() {
      const [seconds, microseconds] = (await client.sendCommand(['TIME'])) as unknown as [string, string];
      return Number(seconds) * 1000 + Number(microseconds) / 1000;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      client.destroy();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
