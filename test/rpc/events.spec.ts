import { randomUUID } from 'node:crypto';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { EventsService as ShippedEventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const FULL = 'Too many events wait for the analytics store; send these again later.';

let s: TestServer;
let cast: Cast;
let analytics: TestAnalytics;

beforeAll(async () => {
  analytics = await createAnalytics();
  s = await startTestServer({
    env: {
      CLICKHOUSE_URL: analytics.url,
      INGEST_QUEUE_MEGABYTES: '3',
      INGEST_ORGANIZATION_QUEUE_MEGABYTES: '2',
      INGEST_PROJECT_QUEUE_MEGABYTES: '1',
    },
  });
  cast = await seedCast(s);
});
afterEach(() => s.database.query('delete from ingest_batch where attempts > 0'));
afterAll(async () => {
  await s?.stop();
  await analytics?.drop();
});

const documented = (project: TestProject) => project.keys.sdk.client(EventsService);
const shipped = (project: TestProject) => project.keys.public.client(ShippedEventsService);

/** Bytes that wait for a store that does not take them. */
async function fill({ orgId, number }: TestProject, megabytes: number): Promise<void> {
  await s.database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, attempts, retry_at, body)
     values ($1, $2, $3, now(), 1, 1, '{1500}', 1, 1, now() + interval '1 hour', convert_to(repeat('x', $4), 'UTF8'))`,
    [orgId, uuid(), number, megabytes * 1024 * 1024],
  );
}

/** What the store has of a kind, by project. */
async function stored(kind: string): Promise<{ project: number; events: number }[]> {
  const answer = await analytics.client.query({
    query: `SELECT project, toUInt32(count()) AS events FROM ${analytics.database}.events FINAL
             WHERE kind = {kind:String} GROUP BY project ORDER BY project`,
    query_params: { kind },
    format: 'JSONEachRow',
  });
  return answer.json<{ project: number; events: number }>();
}

async function drained(): Promise<void> {
  await eventually('the queue is empty', async () => {
    const waiting = await s.database.query('select from ingest_batch where attempts = 0');
    return waiting.length === 0;
  });
}

describe('the queue of accepted events', () => {
  test('refuses a project that fills it, and takes the events of others', async () => {
    await fill(cast.site, 1);
    const refusal = await eventually('the queue is measured', async () => {
      const call = documented(cast.site).batchCreate({ events: [{ name: 'full' }] });
      return call.then(
        () => undefined,
        () => refusalOf(documented(cast.site).batchCreate({ events: [{ name: 'full' }] })),
      );
    });
    expect(refusal).toMatchObject({ code: Code.Unavailable, message: FULL, retryAfterSeconds: 5 });
    const { eventsCreated } = await documented(cast.otherSite).batchCreate({ events: [{ name: 'beside' }] });
    expect(eventsCreated).toBe(1);
  });

  test('refuses the projects of an organization that fill it together, and takes the events of others', async () => {
    for (const name of ['One', 'Another']) await fill(await addProject(s, cast.acme, name), 1);
    const third = documented(await addProject(s, cast.acme, 'Third'));
    const refusal = await eventually('the queue is measured', async () => {
      const call = third.batchCreate({ events: [{ name: 'full' }] });
      return call.then(
        () => undefined,
        () => refusalOf(third.batchCreate({ events: [{ name: 'full' }] })),
      );
    });
    expect(refusal).toMatchObject({ code: Code.Unavailable, message: FULL, retryAfterSeconds: 5 });
    const { eventsCreated } = await documented(cast.otherSite).batchCreate({ events: [{ name: 'beside' }] });
    expect(eventsCreated).toBe(1);
  });

  test('refuses everybody when it is full as a whole', async () => {
    await fill(await addProject(s, cast.acme, 'Busy'), 3);
    const refusal = await eventually('the queue is measured', async () => {
      const call = shipped(cast.otherSite).batchCreate({ events: [] });
      return call.then(
        () => undefined,
        () => refusalOf(shipped(cast.otherSite).batchCreate({ events: [] })),
      );
    });
    expect(refusal).toMatchObject({ code: Code.Unavailable, message: FULL, retryAfterSeconds: 5 });
  });
});

describe('accepted events', () => {
  test('are stored for the project of the key and no other', async () => {
    const event = {
      eventId: randomUUID(),
      kind: 'shipped_kind',
      occurTime: timestampNow(),
      distinctId: 'anon-1',
    };
    await eventually('the queue has room', async () => {
      const answer = await shipped(cast.site).batchCreate({
        events: [{ ...event, sessionId: randomUUID() }],
      });
      expect(answer).toMatchObject({ accepted: 1, dropped: 0, droppedByReason: {} });
      return true;
    });
    await drained();
    expect(await stored('shipped_kind')).toEqual([{ project: cast.site.number, events: 1 }]);
  });

  test('can be an empty batch in the shipped contract only', async () => {
    expect(await shipped(cast.site).batchCreate({ events: [] })).toMatchObject({ accepted: 0, dropped: 0 });
    expect((await refusalOf(documented(cast.site).batchCreate({ events: [] }))).code).toBe(
      Code.InvalidArgument,
    );
  });

  test('count once when a request is retried, also twice at once and without a time', async () => {
    const events = ['a', 'b', 'c'].map((eventId) => ({
      name: 'retried',
      eventId: `${eventId} ${uuid()}`,
      distinctId: 'ann',
    }));
    await Promise.all([1, 2, 3].map(() => documented(cast.site).batchCreate({ events })));
    await documented(cast.site).batchCreate({ events: events.toReversed() });
    await documented(cast.otherSite).batchCreate({ events });
    await drained();
    expect(await stored('retried')).toEqual([
      { project: cast.site.number, events: 3 },
      { project: cast.otherSite.number, events: 3 },
    ]);
  });

  test('under one id count as two when they are two', async () => {
    const eventId = uuid();
    for (const distinctId of ['ann', 'bob'])
      await documented(cast.site).batchCreate({ events: [{ name: 'same_id', eventId, distinctId }] });
    await drained();
    expect(await stored('same_id')).toEqual([{ project: cast.site.number, events: 2 }]);
  });
});

test('the space of deleted events is freed by a job of every night', async () => {
  const table = `${analytics.database}.events`;
  const rows = async (): Promise<number> => {
    const answer = await analytics.client.query({
      query: `SELECT toUInt32(count()) AS rows FROM ${table} WHERE kind = 'deleted' SETTINGS apply_deleted_mask = 0`,
      format: 'JSONEachRow',
    });
    return (await answer.json<{ rows: number }>())[0]?.rows ?? -1;
  };
  await eventually('the table is there', async () => (await rows()) === 0);
  // A month for itself: merged with what is stored beside it, the row would be off the disk by that.
  const time = `toDateTime('2020-02-02 02:02:02', 'UTC')`;
  await analytics.client.command({
    query: `INSERT INTO ${table} (project, kind, occur_time) VALUES (1, 'deleted', ${time}), (1, 'kept', ${time})`,
  });
  await analytics.client.command({ query: `DELETE FROM ${table} WHERE kind = 'deleted'` });
  expect(await rows()).toBe(1);
  await s.database.query(`select graphile_worker.add_job('project.free-deleted', payload := '{}')`);
  await eventually('the row is off the disk', async () => (await rows()) === 0);
});
