import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { DiscoveryService } from '@nestjs/core';
import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { appDataSource } from '../database/data-source.js';
import { Database } from '../database/index.js';
import type { Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { RunsContinuously } from './continuous-work.js';
import { Heartbeat } from './heartbeat.js';
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

function workerWith(handler: { handle(): Promise<void> }, work: { stop(): Promise<void> }): Worker {
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
      slots: { mail: 1, campaign: 1, webhook: 1, background: 1 },
      graceMs: 100,
    },
    discovery as unknown as DiscoveryService,
    {} as Scopes,
    { begin: async () => undefined, stop: async () => undefined } as unknown as Heartbeat,
    { start: async () => undefined, stop: () => undefined } as unknown as TimesAhead,
    new Metrics(),
    pinoLogger,
  );
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
    const pool = { size: 1, applicationName: 'spec' };
    const source = await appDataSource(database.appUrl, [], pool, silent).initialize();
    const heartbeat = new Heartbeat(new Database(source), pinoLogger);
    await heartbeat.begin('other', 'mail');
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
    await source.destroy();
  },
);
