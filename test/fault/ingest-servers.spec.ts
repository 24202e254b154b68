import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { KillableEngine } from '../support/killable-engine.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { DyingPostgres } from './dying-postgres.js';
import { EventSenders } from './event-senders.js';
import { WorkerProcess, WorkerProcesses } from './worker-process.js';

jest.setTimeout(300_000);

const KILLS = Number(process.env['FAULT_KILLS'] ?? 4);
const MINUTE = 60_000;

let postgres: DyingPostgres;
let engine: KillableEngine;
let s: TestServer;
let cast: Cast;
let project: TestProject;
let apis: { port: number; process: WorkerProcess }[] = [];
let senders: EventSenders | undefined;
const workers = new WorkerProcesses(() => postgres.database);

beforeAll(async () => {
  [postgres, engine] = await Promise.all([DyingPostgres.start(), KillableEngine.start()]);
  s = await startTestServer({ database: postgres.database, env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
beforeEach(async () => {
  project = await addProject(s, cast.acme, `Site ${Date.now()}`);
});
afterEach(async () => {
  const sending = senders?.stop();
  senders = undefined;
  await sending;
  await Promise.all([workers.killAll(), ...apis.map((api) => api.process.kill())]);
  apis = [];
});
afterAll(async () => {
  await s?.stop();
  await engine?.remove();
  await postgres?.remove();
});

function startApi(port: number): WorkerProcess {
  const limits = { INGEST_EVENTS_PER_SECOND: '1000000', INGEST_EVENTS_BURST: '1000000' };
  const env = { ...limits, PORT: String(port), CLICKHOUSE_URL: engine.url };
  return WorkerProcess.start(postgres.database, env, { role: 'api' });
}

async function startTwoApis(): Promise<readonly string[]> {
  for (let n = 0; n < 2; n += 1) {
    const port = await freePort();
    apis.push({ port, process: startApi(port) });
  }
  const urls = apis.map(({ port }) => `http://127.0.0.1:${port}`);
  for (const url of urls)
    await eventually(`${url} is ready`, async () => (await fetch(`${url}/health/ready`)).ok, 60_000);
  return urls;
}

function startWorkers(): void {
  for (let n = 0; n < 2; n += 1) workers.start({ CLICKHOUSE_URL: engine.url });
}

/** Every accepted event is stored once, and there is no other. */
async function expectStoredOnce(accepted: readonly string[]): Promise<void> {
  await eventually(
    'the queue is empty',
    async () => {
      const waiting = await postgres.database.query('select from ingest_batch limit 1');
      return waiting.length === 0;
    },
    60_000,
  );
  await engine.answers();
  const stored = await engine.query<{ id: string }>(
    `SELECT event_id AS id FROM dovecote.events FINAL WHERE project = ${project.number} ORDER BY id`,
  );
  expect(stored.map(({ id }) => id)).toEqual([...accepted].sort());
  expect(await postgres.database.query('select from ingest_dead_letter')).toEqual([]);
  expect(workers.lastWords).toEqual([]);
}

describe('every accepted event is stored once', () => {
  test(`after ${KILLS} kills of one of two servers while clients send`, async () => {
    const urls = await startTwoApis();
    startWorkers();
    senders = new EventSenders(project, urls);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await senders.progress(5);
      const victim = apis[kill % 2];
      if (!victim) throw new Error('There is no server.');
      await victim.process.kill();
      await senders.progress(5);
      victim.process = startApi(victim.port);
      const url = `http://127.0.0.1:${victim.port}/health/ready`;
      await eventually('the server is back', async () => (await fetch(url)).ok, 60_000);
    }
    await senders.stop();
    expect(senders.retries).toBeGreaterThan(0);
    await expectStoredOnce(senders.accepted);
  });

  test('after PostgreSQL has stopped dead twice, and started again', async () => {
    startWorkers();
    await workers.atWork();
    senders = new EventSenders(project, await startTwoApis());
    for (let restart = 0; restart < 2; restart += 1) {
      await senders.progress(20);
      await postgres.stopImmediately();
    }
    await senders.progress(20);
    await senders.stop();
    expect(senders.retries).toBeGreaterThan(0);
    await expectStoredOnce(senders.accepted);
  });

  test('after the engine was away for half an hour', async () => {
    startWorkers();
    await engine.goAway();
    // The server lives in the past, and comes to the present while it accepts.
    await s.travel(-30 * MINUTE);
    senders = new EventSenders(project, [s.url]);
    for (let steps = 0; steps < 10; steps += 1) {
      await senders.progress(5);
      await s.travel(3 * MINUTE);
    }
    await senders.stop();
    await eventually(
      'the workers complain',
      async () => workers.running.every(({ log }) => log.includes('events cannot be moved')),
      60_000,
    );
    await engine.comeBack();
    await workers.killAll();
    startWorkers();
    await expectStoredOnce(senders.accepted);
    const [{ seconds } = { seconds: 0 }] = await engine.query<{ seconds: number }>(
      `SELECT dateDiff('second', min(received_at), max(received_at)) AS seconds
         FROM dovecote.events FINAL WHERE project = ${project.number}`,
    );
    expect(Number(seconds)).toBeGreaterThan((25 * MINUTE) / 1000);
  });
});
