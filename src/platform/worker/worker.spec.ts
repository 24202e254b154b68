import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { DiscoveryService } from '@nestjs/core';
import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { RunsContinuously } from './continuous-work.js';
import type { Heartbeat } from './heartbeat.js';
import type { TimesAhead } from './times-ahead.js';
import { Worker } from './worker.js';

jest.setTimeout(60_000);

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database?.drop());

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
    Object.assign(pino({ level: 'silent' }), { setContext() {} }) as unknown as PinoLogger,
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
