import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { findEmbeddedClickHouse } from '@dovecote/embedded-clickhouse';
import { eventually } from './eventually.js';

export interface TestAnalytics {
  /** CLICKHOUSE_URL of a database that only this spec uses. */
  readonly url: string;
  readonly database: string;
  /** For arranging and checking: sees every project. */
  readonly client: ClickHouseClient;
  drop(): Promise<void>;
}

/** A new database on the engine of the test run, which the first spec that asks for one starts. */
export async function createAnalytics(): Promise<TestAnalytics> {
  const { url: origin, username, password } = await engineOfRun();
  const database = `test_${randomBytes(6).toString('hex')}`;
  const client = createClient({ url: origin, username, password });
  const url = Object.assign(new URL(origin), { username, password, pathname: database }).toString();
  return {
    url,
    database,
    client,
    async drop() {
      await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await client.close();
    },
  };
}

const program = fileURLToPath(new URL('analytics-engine.mjs', import.meta.url));

async function engineOfRun(): Promise<{ url: string; username: string; password: string }> {
  const folder = process.env.DOVECOTE_TEST_ANALYTICS_DIR;
  if (!folder)
    throw new Error('Run the specs through `npm run jest`: the folder of the analytics engine is missing.');
  const dataDir = join(folder, 'engine');
  await mkdir(folder, { recursive: true });
  // One of several workers starts the engine, and all wait for it.
  const isFirst = await open(join(folder, 'starter'), 'wx').then(
    (file) => file.close().then(() => true),
    () => false,
  );
  if (isFirst) {
    const log = await open(join(folder, 'log'), 'a');
    const runner = process.env.DOVECOTE_TEST_RUNNER ?? String(process.pid);
    const child = spawn(process.execPath, [program, dataDir, runner], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    await log.close();
    await writeFile(join(folder, 'pid'), String(child.pid));
  }
  return eventually('the analytics engine of the run listens', async () => {
    const access = await findEmbeddedClickHouse(dataDir);
    return access && (await answers(access)) ? access : undefined;
  });
}

async function answers({ url }: { url: string }): Promise<boolean> {
  return fetch(`${url}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );
}
