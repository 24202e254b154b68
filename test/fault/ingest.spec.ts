import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { Random } from '../fuzz/random.js';
import { KillableEngine } from '../support/killable-engine.js';
import { eventually } from '../support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { Ingest } from './ingest.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> kills at the same moments again, FAULT_KILLS=500 kills more.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['FAULT_KILLS'] ?? 16);

jest.setTimeout(240_000 + kills * 5_000);

const acme = { orgId: uuid(), number: 1 };
const globex = { orgId: uuid(), number: 2 };
/** The heat maps of acme: their numbers are above those of projects. */
const maps = { orgId: acme.orgId, number: 2 ** 30 };

let database: TestDatabase;
let engine: KillableEngine;
let ingest: Ingest;
const workers = new WorkerProcesses(() => database);

beforeAll(async () => {
  database = await cloneDatabase();
  engine = await KillableEngine.start();
  const world = new Ingest(database, engine);
  await world.addProjects(acme, globex);
  await world.addHeatmaps(maps);
});
beforeEach(async () => {
  await database.query('truncate ingest_batch, ingest_dead_letter');
  await engine.answers();
  await engine.query('DROP DATABASE IF EXISTS dovecote').catch(() => []);
  ingest = new Ingest(database, engine);
});
afterEach(() => workers.killAll());
afterAll(async () => {
  await engine?.remove();
  await database?.drop();
});

function startWorker(env: Record<string, string> = {}): ReturnType<WorkerProcesses['start']> {
  return workers.start({ CLICKHOUSE_URL: engine.url, ...env });
}

/** Waits until a worker holds batches that it has not stored yet. */
async function inTheMiddleOfABlock(): Promise<void> {
  await eventually(
    'a worker holds a block',
    async () => {
      const free = await database.query('select from ingest_batch for update skip locked');
      return free.length < (await ingest.queued());
    },
    60_000,
  );
}

describe('accepted events', () => {
  test('wait while the store has no space, and none is lost or buried', async () => {
    await ingest.accept(acme, 300);
    await ingest.accept(globex, 200);
    const full = startWorker({ ANALYTICS_FREE_DISK_MIB: '9999999' });
    await eventually('the worker complains', async () => full.log.includes('events cannot be moved'), 60_000);
    expect(await ingest.queued()).toBe(2);
    await full.kill();
    startWorker();
    await ingest.drained();
    expect(await ingest.stored()).toEqual(ingest.expected);
    expect(await ingest.deadLetters()).toEqual([]);
  });

  test('wait while the engine is away, and are stored when it is back', async () => {
    startWorker();
    await ingest.accept(acme, 100);
    await ingest.drained();
    await engine.goAway();
    for (let n = 0; n < 20; n += 1) await ingest.accept(n % 2 ? acme : globex, 50);
    await eventually(
      'the worker complains',
      async () => workers.running[0]?.log.includes('events cannot'),
      60_000,
    );
    expect(await ingest.queued()).toBe(20);
    await engine.comeBack();
    await workers.killAll();
    startWorker();
    await ingest.drained();
    expect(await ingest.stored()).toEqual(ingest.expected);
  });

  test('of others are stored while a batch is refused', async () => {
    startWorker();
    const poison = await ingest.accept(acme, 10, { occurTime: '2026-11-30 at noon' });
    const poisonedTouches = await ingest.acceptTouches(maps, 7, '2026-11-30 at noon');
    for (let n = 0; n < 30; n += 1) {
      await ingest.accept(n % 2 ? acme : globex, 20);
      await ingest.acceptTouches(maps, 3);
    }
    await ingest.drained();
    ingest.without(acme, 10);
    ingest.withoutTouches(7);
    expect(await ingest.deadLetters()).toEqual([poison, poisonedTouches]);
    expect(await ingest.stored()).toEqual(ingest.expected);
    expect(await ingest.storedTouches()).toEqual([90, 90, 90]);
    expect(workers.lastWords).toEqual([]);
  });

  test('of 200 months are stored, without delaying those of others', async () => {
    await ingest.accept(acme, 200, { months: 200 });
    await ingest.accept(globex, 100);
    startWorker();
    await ingest.drained();
    expect(await ingest.stored()).toEqual(ingest.expected);
  });

  test(`are stored once after ${kills} kills of workers, engine and connections`, async () => {
    console.log(`FAULT_SEED=${seed} FAULT_KILLS=${kills}`);
    const random = new Random(seed);
    let accepting = true;
    const traffic = (async () => {
      for (let n = 0; accepting; n += 1) {
        await ingest.accept(n % 3 ? acme : globex, random.int(1, 300));
        await ingest.acceptTouches(maps, 1 + (n % 40));
        await delay(20);
      }
    })();
    for (let kill = 0; kill < kills; kill += 1) {
      while (workers.running.length < 2) startWorker();
      const victim = random.int(0, 3);
      // A worker survives the loss of its connections only once it is at work.
      if (victim === 3) await workers.atWork();
      if (kill % 2 === 0) await inTheMiddleOfABlock();
      await delay(random.int(0, 300));
      if (victim <= 1) await random.pick(workers.running).kill();
      else if (victim === 2) await engine.kill();
      else
        await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where usename = 'dovecote_app' and datname = current_database()`,
        );
    }
    accepting = false;
    await traffic;
    while (workers.running.length < 2) startWorker();
    await ingest.drained();
    expect(await ingest.stored()).toEqual(ingest.expected);
    const [touches, ids, expected] = await ingest.storedTouches();
    expect([touches, ids]).toEqual([expected, expected]);
    expect(await ingest.deadLetters()).toEqual([]);
    expect(workers.lastWords).toEqual([]);
  });
});
