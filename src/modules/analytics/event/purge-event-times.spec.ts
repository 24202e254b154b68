import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { cloneDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { appDataSource } from '../../../platform/database/data-source.js';
import { Database } from '../../../platform/database/index.js';
import { EventTimeStore } from './event-time.store.js';
import { PurgeEventTimes } from './purge-event-times.job.js';

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await cloneDatabase();
  const pool = { size: 2, applicationName: 'purge' };
  source = await appDataSource(database.appUrl, [], pool, pino({ level: 'silent' })).initialize();
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

async function plant(events: number, age: string): Promise<void> {
  await database.query(
    `insert into event_time (org_id, project, event_hash, occur_time, noted_at)
     select gen_random_uuid(), 1, gen_random_uuid(), now(), now() - $2::interval from generate_series(1, $1)`,
    [events, age],
  );
}

test('times of events are deleted an hour after the first try, in pieces', async () => {
  await plant(25_000, '61 minutes');
  await plant(3, '59 minutes');
  const postgres = new Database(source);
  const transaction = jest.spyOn(postgres, 'transaction');
  const stopped = AbortSignal.abort();
  await new PurgeEventTimes(postgres, new EventTimeStore()).handle({}, { signal: stopped });
  expect(transaction).not.toHaveBeenCalled();
  const { signal } = new AbortController();
  await new PurgeEventTimes(postgres, new EventTimeStore()).handle({}, { signal });
  expect(transaction).toHaveBeenCalledTimes(3);
  expect(await database.query('select from event_time')).toHaveLength(3);
});
