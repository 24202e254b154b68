import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { DiscoveryService } from '@nestjs/core';
import type { PinoLogger } from 'nestjs-pino';
import { Client } from 'pg';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { appDataSource } from '../database/data-source.js';
import { Database } from '../database/index.js';
import type { Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { RunsContinuously } from './continuous-work.js';
import { Heartbeat } from './heartbeat.js';
import { JobsAtHand } from './jobs-at-hand.js';
import type { TimesAhead } from './times-ahead.js';
import { Worker } from './worker.js';

const silent = pino({ level: 'silent' });
const pinoLogger = Object.assign(silent, { setContext() {} }) as unknown as PinoLogger;

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database?.drop());
beforeEach(() => database.query('delete from graphile_worker._private_jobs'));

const deaf = { begin: async () => undefined, stop: async () => undefined } as unknown as Heartbeat;

function workerWith(
  handler: { handle(): Promise<void> },
  work: { stop(): Promise<void> },
  { client, heartbeat = deaf }: { client?: typeof Client; heartbeat?: Heartbeat } = {},
): Worker {
  const discovery = {
    getProviders: ({ metadataKey }: { metadataKey: string }) =>
      metadataKey === RunsContinuously.KEY
        ? [{ instance: { start: async () => undefined, ...work } }]
        : [{ instance: handler }],
    getMetadataByDecorator: () => ({ task: { name: 'spec.slow', lane: 'background', priority: 'normal' } }),
  };
  return new Worker(
    {
      databaseUrl: database.appUrl,
      client,
      slots: { mail: 1, campaign: 1, webhook: 1, background: 1 },
      graceMs: 100,
    },
    discovery as unknown as DiscoveryService,
    {} as Scopes,
    heartbeat,
    { start: async () => undefined, stop: () => undefined } as unknown as TimesAhead,
    new Metrics(),
    pinoLogger,
  );
}

async function startHeartbeat(): Promise<{ heartbeat: Heartbeat; close(): Promise<void> }> {
  const pool = { size: 1, applicationName: 'spec' };
  const source = await appDataSource(database.appUrl, [], pool, silent).initialize();
  return {
    heartbeat: new Heartbeat(new Database(source), pinoLogger),
    close: () => source.destroy(),
  };
}

test('a worker that stops takes no more jobs, although other work takes longer to end', async () => {
  const job = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  const handle = jest.fn(() => job.promise);
  const worker = workerWith({ handle }, { stop: () => work.promise });
  await worker.start();
  const add = `select graphile_worker.add_job('spec.slow', '{}')`;
  await database.query(add);
  await eventually('the job runs', async () => handle.mock.calls.length === 1);
  const stopping = worker.stop();
  await database.query(add);
  job.resolve();
  await eventually('the job is done', async () => {
    const jobs = await database.query(`select from graphile_worker.jobs where task_identifier = 'spec.slow'`);
    return jobs.length < 2;
  });
  work.resolve();
  await stopping;
  expect(handle).toHaveBeenCalledTimes(1);
});

test.each([
  ['completes', (job: PromiseWithResolvers<void>) => job.resolve()],
  ['fails', (job: PromiseWithResolvers<void>) => job.reject(new Error('failed'))],
])(
  'a worker that was taken for dead, and %s its job, changes none that was enqueued since',
  async (_, end) => {
    const job = Promise.withResolvers<void>();
    const handle = jest.fn(() => job.promise);
    const worker = workerWith({ handle }, { stop: async () => undefined });
    await worker.start();
    const add = `select graphile_worker.add_job('spec.slow', '{}', job_key := 'spec', run_at := $1)`;
    await database.query(add, [new Date()]);
    await eventually('the job runs', async () => handle.mock.calls.length === 1);
    await database.query(
      `update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where key = 'spec'`,
    );
    const { heartbeat, close } = await startHeartbeat();
    await heartbeat.begin('other', 'mail', new JobsAtHand());
    // Takes the place of the job, which is free.
    const next = new Date(Date.now() + 3_600_000);
    await database.query(add, [next]);
    end(job);
    await worker.stop();
    const jobs = await database.query(
      'select key, run_at, attempts, last_error from graphile_worker._private_jobs',
    );
    expect(jobs).toEqual([{ key: 'spec', run_at: next, attempts: 0, last_error: null }]);
    await heartbeat.stop();
    await close();
  },
);

describe('a worker that beats', () => {
  const longAgo = `update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'
                    where locked_at is not null`;
  const locked = 'select id from graphile_worker._private_jobs where locked_at is not null';

  test('has a job again after the answer to its fetch was lost', async () => {
    const { heartbeat, close } = await startHeartbeat();
    let isLost = false;
    /** The answer to the first fetch of a job is lost with the connection. */
    class Losing extends Client {
      override query(...args: unknown[]) {
        // The arguments are handed on as they are.
        const asked = Reflect.apply(super.query, this, args);
        const [first] = args as [{ text?: string } | string];
        if (typeof first !== 'object' || !first.text?.includes('skip locked')) return asked;
        return asked.then((answer: { rows: unknown[] }) => {
          if (isLost || answer.rows.length === 0) return answer;
          isLost = true;
          throw new Error('Connection terminated unexpectedly');
        });
      }
    }
    const handle = jest.fn(async () => undefined);
    const worker = workerWith({ handle }, { stop: async () => undefined }, { client: Losing, heartbeat });
    await worker.start();
    await database.query(`select graphile_worker.add_job('spec.slow', '{}')`);
    await eventually('the fetch is lost', async () => isLost);
    expect(await database.query(locked)).toHaveLength(1);
    expect(handle).not.toHaveBeenCalled();
    await database.query(longAgo);
    await eventually('the job runs', async () => handle.mock.calls.length === 1);
    await worker.stop();
    expect(await database.query('select from graphile_worker._private_jobs')).toEqual([]);
    await close();
  });

  test('keeps the job that it works on, however long that takes', async () => {
    const { heartbeat, close } = await startHeartbeat();
    const job = Promise.withResolvers<void>();
    const handle = jest.fn(() => job.promise);
    const worker = workerWith({ handle }, { stop: async () => undefined }, { heartbeat });
    await worker.start();
    await database.query(`select graphile_worker.add_job('spec.slow', '{}')`);
    await eventually('the job runs', async () => handle.mock.calls.length === 1);
    await database.query(longAgo);
    const [before] = await database.query<{ id: string }>(locked);
    const beat = async (): Promise<string | undefined> =>
      (await database.query<{ at: string }>('select max(seen_at)::text as at from worker_heartbeat'))[0]?.at;
    for (let n = 0; n < 2; n += 1) {
      const last = await beat();
      await eventually('it beats', async () => (await beat()) !== last);
    }
    expect(await database.query(locked)).toEqual([before]);
    job.resolve();
    await worker.stop();
    expect(handle).toHaveBeenCalledTimes(1);
    expect(await database.query('select from graphile_worker._private_jobs')).toEqual([]);
    await close();
  });
});
