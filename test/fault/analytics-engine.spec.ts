import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type EmbeddedClickHouse,
  findEmbeddedClickHouse,
  startEmbeddedClickHouse,
} from '@dovecote/embedded-clickhouse';
import { pino } from 'pino';
import {
  addressOf,
  AnalyticsEngine,
  type AnalyticsQuery,
  AnalyticsStore,
  connectTo,
  events,
  folderOf,
  sql,
} from '../../src/platform/analytics-store/index.js';
import { embeddedEngine } from '../../src/platform/analytics-store/embedded-engine.js';
import { migrateEngine } from '../../src/platform/analytics-store/migrate-engine.js';
import { plantEvents } from '../support/analytics-events.js';
import { createAnalytics } from '../support/analytics-store.js';
import { eventually } from '../support/eventually.js';
import { startTestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const log = pino({ level: 'silent' });
const limits = { seconds: 20, memory: 256 * 1024 ** 2, rows: 1_000_000 };
const scope = { orgId: '6b8e6d0e-0000-4000-8000-000000000000', project: { number: 1 } };
const count: AnalyticsQuery<void, { n: number }> = {
  name: 'spec.count',
  build: () => sql`SELECT count() AS n FROM ${events}`,
  examples: [undefined],
};

const sleep: AnalyticsQuery<void, { slept: number }> = {
  name: 'spec.sleep',
  build: () => sql`SELECT sleep(2) AS slept`,
  examples: [undefined],
};
const running: AnalyticsQuery<void, { n: number }> = {
  name: 'spec.running_sleeps',
  build: () =>
    sql`SELECT count() AS n FROM system.processes WHERE startsWith(query, '/*dovecote:spec.sleep')`,
  examples: [undefined],
};

interface Process {
  readonly engine: AnalyticsEngine;
  readonly store: AnalyticsStore;
}

let dataDir: string;
let processes: Process[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dovecote-analytics-'));
  processes = [];
});
afterEach(async () => {
  for (const { engine } of processes) await engine.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** What a process of the product has: the data folder is shared. */
function processOfMachine(): Process {
  const options = {
    dataDir,
    memory: 1024 ** 3,
    statementMemory: limits.memory,
    connections: 4,
    timeoutMs: 30_000,
  };
  const engine = new AnalyticsEngine(embeddedEngine(options, log), log);
  const opened = { engine, store: new AnalyticsStore(engine, { limits, freeDisk: 0 }) };
  processes.push(opened);
  return opened;
}

const countOf = async ({ store }: Process): Promise<number | undefined> =>
  (await store.query(scope, count, undefined))[0]?.n;

const answers = (process: Process, events: number): Promise<boolean> =>
  countOf(process).then(
    (n) => n === events,
    () => false,
  );

const runningIn = async ({ store }: Process): Promise<number | undefined> =>
  (await store.query(scope, running, undefined))[0]?.n;

/** kill -9 of the engine until another process starts it sooner than the one that ran it. */
async function takeOver(): Promise<EmbeddedClickHouse> {
  return eventually('another process has it', async () => {
    await killEngine();
    return startEmbeddedClickHouse({ dataDir: folderOf(dataDir) });
  });
}

/** kill -9 of the engine alone. */
async function killEngine(): Promise<void> {
  const pid = Number.parseInt(await readFile(join(folderOf(dataDir), 'engine.lock'), 'utf8'));
  process.kill(pid, 'SIGKILL');
}

describe('the embedded engine', () => {
  test('that was never used is not started by a look at its health', async () => {
    const { engine } = processOfMachine();
    await engine.probe();
    engine.warm();
    expect(await findEmbeddedClickHouse(folderOf(dataDir))).toBeUndefined();
  });

  test('is one, whichever processes of the machine start together, and outlives none of them for the others', async () => {
    const [one, other] = [processOfMachine(), processOfMachine()];
    expect(await Promise.all([countOf(one), countOf(other)])).toEqual([0, 0]);
    await plantEvents(one.store, [{ project: 1 }, { project: 1 }]);
    expect(await countOf(other)).toBe(2);
    // The owner stops; the process that stays runs the engine now.
    await one.engine.stop();
    await expect(countOf(one)).rejects.toMatchObject({ reason: 'ANALYTICS_UNAVAILABLE' });
    await eventually('the process that stays answers', async () => (await countOf(other)) === 2);
  });

  test('that another process runs after kill -9 is found by the process that ran it before', async () => {
    const owner = processOfMachine();
    await plantEvents(owner.store, [{ project: 1 }]);
    const other = await takeOver();
    await eventually('the process that ran it joins', () => answers(owner, 1));
    await owner.engine.stop();
    // It stopped its client, not the engine of the other process.
    expect(other.isRunning).toBe(true);
    await other.stop();
  });

  test('that stops lets questions of others end, and is looked for by their next ones', async () => {
    const [owner, other] = [processOfMachine(), processOfMachine()];
    await countOf(owner);
    const slow = other.store.query(scope, sleep, undefined);
    await eventually('it runs', async () => (await runningIn(owner)) === 1);
    const stopped = owner.engine.stop();
    await eventually('the next one is refused', () =>
      countOf(other).then(
        () => false,
        ({ kind }: { kind: string }) => kind === 'unavailable',
      ),
    );
    expect(await slow).toEqual([{ slept: 0 }]);
    await stopped;
    await eventually('the other process runs it', () => answers(other, 0));
  });

  test('comes back after kill -9 with everything; calls until then are told when to retry', async () => {
    const server = processOfMachine();
    await plantEvents(server.store, [{ project: 1 }]);
    await killEngine();
    const refused: unknown[] = [];
    await eventually('it answers again', async () => {
      try {
        return (await countOf(server)) === 1;
      } catch (error) {
        refused.push(error);
        return false;
      }
    });
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused)
      expect(error).toMatchObject({
        kind: 'unavailable',
        reason: 'ANALYTICS_UNAVAILABLE',
        details: { retryAfterSeconds: expect.any(Number) },
      });
  });
});

test('two processes that migrate at once leave one schema', async () => {
  const analytics = await createAnalytics();
  const options = { connections: 2, timeoutMs: 30_000 };
  const connections = await Promise.all([1, 2, 3].map(() => connectTo(addressOf(analytics), options)));
  await Promise.all(connections.map((connection) => migrateEngine(connection, log)));
  // Every start repeats it.
  await Promise.all(connections.map((connection) => migrateEngine(connection, log)));
  const answer = await analytics.client.query({
    query: `SELECT name FROM system.tables WHERE database = '${analytics.database}' ORDER BY name`,
    format: 'JSONEachRow',
  });
  expect(await answer.json()).toEqual(
    [
      ...['events', 'person_aliases', 'persons', 'persons_of_events', 'profiles'],
      ...['schema_migration', 'touches'],
    ].map((name) => ({ name })),
  );
  for (const { client } of connections) await client.close();
  await analytics.drop();
});

test('a schema of a newer program is refused, and left alone', async () => {
  const analytics = await createAnalytics();
  const connection = await connectTo(addressOf(analytics), { connections: 1, timeoutMs: 30_000 });
  await migrateEngine(connection, log);
  await analytics.client.command({
    query: `INSERT INTO ${analytics.database}.schema_migration (name) VALUES ('9999-from-the-future')`,
  });
  await expect(migrateEngine(connection, log)).rejects.toThrow(
    'newer than this program: 9999-from-the-future',
  );
  await connection.client.close();
  await analytics.drop();
});

test('a server whose analytics is away starts, serves, stays ready and says so', async () => {
  const s = await startTestServer({ env: { CLICKHOUSE_URL: 'http://127.0.0.1:1/none' } });
  const health = await fetch(`${s.url}/health/ready`);
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ status: 'degraded', analytics: 'unavailable' });
  const keys = await fetch(`${s.url}/.well-known/jwks.json`);
  expect(keys.status).toBe(200);
  await s.stop();
});
