import { isFieldSet } from '@bufbuild/protobuf';
import { GetUsageResponseSchema, UsageService } from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { countUsage } from '../support/usage.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(180_000);

let s: TestServer;
let cast: Cast;
/** What a worker has to wait for in the middle of its work. */
let holder: Client;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
beforeEach(async () => {
  holder = new Client({ connectionString: s.database.ownerUrl });
  await holder.connect();
  await holder.query('begin');
});
afterEach(async () => {
  await workers.killAll();
  await holder.end();
});
afterAll(() => s?.stop());

function startWorker(): ReturnType<WorkerProcesses['start']> {
  const env = {
    CLICKHOUSE_URL: s.analytics?.url ?? '',
    ENVIRONMENT: 'development',
    EVENT_LIMIT_PER_MONTH: '3',
  };
  return workers.start(env);
}

async function send({ keys }: TestProject, events: number): Promise<void> {
  await keys.sdk.client(EventsService).batchCreate({
    events: Array.from({ length: events }, () => ({ eventId: uuid(), name: 'view', distinctId: 'ann' })),
  });
}

async function used({ client, orgId }: Cast['alice']): Promise<bigint | undefined> {
  const usage = await client(UsageService).getUsage({ orgId });
  return isFieldSet(usage, GetUsageResponseSchema.field.usedEvents) ? usage.usedEvents : undefined;
}

/** Kills the worker as soon as it waits for the holder, and lets another one go on. */
async function killAtTheHolder(worker: ReturnType<typeof startWorker>): Promise<void> {
  await eventually(
    'the queue is empty',
    async () => {
      return (await s.database.query('select from ingest_batch')).length === 0;
    },
    60_000,
  );
  // Otherwise a project that was counted lately is not counted again yet.
  await s.database.query(`update usage_count set counted_at = counted_at - interval '1 hour'`);
  await s.database.query(`select graphile_worker.add_job('usage.sweep')`);
  await eventually(
    'the worker is in the middle of a count',
    async () => {
      const waiting = await s.database.query(
        `select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
      );
      return waiting.length > 0;
    },
    60_000,
  );
  await worker.kill();
  await holder.query('rollback');
  startWorker();
  await workers.atWork();
  await countUsage(s.database);
}

describe('when a worker dies', () => {
  test('before its count is committed, every event is counted once by another', async () => {
    await holder.query('select from project where id = $1 for update', [cast.site.id]);
    await send(cast.site, 2);
    await send(cast.otherSite, 1);
    await killAtTheHolder(startWorker());
    expect(await used(cast.alice)).toBe(2n);
    expect(await used(cast.mallory)).toBe(1n);
  });

  test('before its warning is committed, another warns once', async () => {
    await holder.query(
      `insert into usage_warning (org_id, period_start, percent, events, monthly_events, warned_at)
       values ($1, date_trunc('month', now() at time zone 'UTC'), 100, 1, 1, now())`,
      [cast.acme.id],
    );
    await send(cast.site, 2);
    await killAtTheHolder(startWorker());
    expect(await used(cast.alice)).toBe(4n);
    expect(await used(cast.mallory)).toBe(1n);
    await eventually('the mail is there', async () => {
      const mails = await s.database.query<{ recipient: string }>(
        `select recipient from captured_mail where subject like '%events of the month'`,
      );
      return JSON.stringify(mails.map(({ recipient }) => recipient)) === JSON.stringify([cast.alice.email]);
    });
    const warned = await s.database.query(
      `select org_id, metadata ->> 'percent' as percent from audit_event where event_type = 'EVENT_LIMIT_WARNED'
        order by percent`,
    );
    expect(warned).toEqual([
      { org_id: cast.acme.id, percent: '100' },
      { org_id: cast.acme.id, percent: '80' },
    ]);
  });
});
