import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DiscoveryService } from '@nestjs/core';
import type { PinoLogger } from 'nestjs-pino';
import { Client, type QueryConfig } from 'pg';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import type { Heartbeat } from './heartbeat.js';
import { HandlesJob } from './job-handler.js';
import type { TimesAhead } from './times-ahead.js';
import { Worker } from './worker.js';

const BACKLOG = 20_000;

let database: TestDatabase;
let fetch: QueryConfig;

beforeAll(async () => {
  database = await cloneDatabase();
  fetch = await fetchOfLane();
  await database.query(`insert into graphile_worker._private_tasks (identifier) values ('spec.busy')`);
});
afterAll(() => database?.drop());

/** What a lane with one task sends to fetch a job. */
async function fetchOfLane(): Promise<QueryConfig> {
  const sent: QueryConfig[] = [];
  class Recording extends Client {
    override query(...args: unknown[]) {
      const [first] = args as [QueryConfig | string];
      if (typeof first === 'object' && first.text.includes('skip locked')) sent.push(first);
      // The arguments are handed on as they are.
      return Reflect.apply(super.query, this, args);
    }
  }
  const discovery = {
    getProviders: ({ metadataKey }: { metadataKey: string }) =>
      metadataKey === HandlesJob.KEY ? [{ instance: { handle: async () => undefined } }] : [],
    getMetadataByDecorator: () => ({ task: { name: 'spec.idle', lane: 'mail', priority: 'normal' } }),
  };
  const worker = new Worker(
    {
      ...{ databaseUrl: database.appUrl, client: Recording, graceMs: 100 },
      slots: { mail: 1, campaign: 1, webhook: 1, background: 1 },
    },
    discovery as unknown as DiscoveryService,
    {} as Scopes,
    { begin: async () => undefined, stop: async () => undefined } as unknown as Heartbeat,
    { start: async () => undefined, stop: () => undefined } as unknown as TimesAhead,
    new Metrics(),
    Object.assign(pino({ level: 'silent' }), { setContext() {} }) as unknown as PinoLogger,
  );
  await worker.start();
  await eventually('the lane looks for a job', async () => sent.length > 0);
  await worker.stop();
  return sent[0]!;
}

/** A millisecond apart, from so many seconds ago on. */
async function enqueue(task: string, jobs: number, ago: number): Promise<void> {
  await database.query(
    `insert into graphile_worker._private_jobs (task_id, run_at)
     select id, now() - make_interval(secs => $3 - n / 1000.0)
       from graphile_worker._private_tasks, generate_series(1, $2::int) n
      where identifier = $1`,
    [task, jobs, ago],
  );
}

interface Fetched {
  readonly jobs: number;
  readonly blocks: number;
}

/** How many blocks of 8 KB a fetch of the lane reads. */
async function read(): Promise<Fetched> {
  const client = new Client({ connectionString: database.appUrl });
  await client.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json) ${fetch.text}`,
      fetch.values,
    );
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    const blocks = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    return { jobs: plan['Actual Rows'] ?? 0, blocks };
  } finally {
    await client.end();
  }
}

describe('a lane', () => {
  beforeEach(async () => {
    await database.query('truncate graphile_worker._private_jobs');
    await database.query(
      `delete from pg_statistic where starelid = 'graphile_worker._private_jobs'::regclass`,
    );
    await enqueue('spec.busy', BACKLOG, 120);
  });

  test('without jobs reads none of the backlog of another lane', async () => {
    await database.query('analyze graphile_worker._private_jobs');
    const { jobs, blocks } = await read();
    expect(jobs).toBe(0);
    expect(blocks).toBeLessThan(20);
  });

  test('with few jobs fetches one, and reads none of the backlog of another lane', async () => {
    await enqueue('spec.idle', 3, 60);
    await database.query('analyze graphile_worker._private_jobs');
    const { jobs, blocks } = await read();
    expect(jobs).toBe(1);
    expect(blocks).toBeLessThan(50);
  });

  test('with a backlog behind that of another lane reads the index of that one, and not its jobs', async () => {
    await enqueue('spec.idle', BACKLOG, 60);
    await database.query('analyze graphile_worker._private_jobs');
    const { jobs, blocks } = await read();
    expect(jobs).toBe(1);
    expect(blocks).toBeLessThan(BACKLOG / 100);
  });

  test('reads no jobs of another lane before PostgreSQL has counted them either', async () => {
    const { jobs, blocks } = await read();
    expect(jobs).toBe(0);
    expect(blocks).toBeLessThan(BACKLOG / 100);
  });
});

test('graphile-worker plans each fetch for the tasks of its lane', () => {
  expect(fetch.name).toBeUndefined();
});

test('the queue is analyzed a thousand changes after the last time', async () => {
  const [table] = await database.query<{ reloptions: string[] }>(
    `select reloptions from pg_class where oid = 'graphile_worker._private_jobs'::regclass`,
  );
  expect(table?.reloptions).toEqual(
    expect.arrayContaining(['autovacuum_analyze_scale_factor=0', 'autovacuum_analyze_threshold=1000']),
  );
});
