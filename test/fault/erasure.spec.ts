import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import {
  ComplianceRequestStatus as Status,
  ProfilesService,
} from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { KillableEngine } from '../support/killable-engine.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { EventStream, type SentEvent, Traces } from './erasures.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(240_000);

let database: TestDatabase;
let engine: KillableEngine;
let s: TestServer;
let cast: Cast;
let traces: Traces;
let ann: string;
let anon: string;
/** Another person, whose events are in the same batches. */
let bea: string;
let stream: EventStream | undefined;
const workers = new WorkerProcesses(() => database);

beforeAll(async () => {
  [database, engine] = await Promise.all([cloneDatabase(), KillableEngine.start()]);
  const limits = { INGEST_EVENTS_PER_SECOND: '1000000', INGEST_EVENTS_BURST: '1000000' };
  s = await startTestServer({ database, env: { ...limits, ROLE: 'api', CLICKHOUSE_URL: engine.url } });
  cast = await seedCast(s);
  traces = new Traces(database, engine);
});
beforeEach(() => {
  [ann, anon, bea] = ['ann', 'anon', 'bea'].map((name) => `${name}-${uuid()}`) as [string, string, string];
});
afterEach(async () => {
  const sending = stream?.stop();
  stream = undefined;
  await sending;
  await workers.killAll();
});
afterAll(async () => {
  await s?.stop();
  await engine?.remove();
  await database?.drop();
});

const people = () => cast.site.keys.private.client(ProfilesService);

function startWorker() {
  return workers.start({ CLICKHOUSE_URL: engine.url });
}

async function identify(): Promise<void> {
  for (const project of [cast.site, cast.otherSite])
    await project.keys.sdk
      .client(ProfilesSDKService)
      .identify({ externalId: ann, anonymousId: anon, traits: { email: `${ann}@example.com` } });
}

async function drained(): Promise<void> {
  await eventually(
    'the queue is empty',
    async () => (await database.query('select from ingest_batch limit 1')).length === 0,
    60_000,
  );
}

async function inStatus(requestId: string, status: Status): Promise<void> {
  await eventually(
    `the erasure is ${Status[status]}`,
    async () => {
      await workers.hurry();
      return (await people().getDeletionRequest({ requestId })).status === status;
    },
    90_000,
  );
}

/** Lets the ten minutes pass until the erasure is repeated. */
async function dueToConfirm(): Promise<void> {
  const due = await database.query(
    `update graphile_worker._private_jobs j set run_at = now() from graphile_worker._private_tasks t
      where t.id = j.task_id and t.identifier = 'erasure.confirm' returning 1`,
  );
  expect(due).toHaveLength(1);
}

async function confirmed(requestId: string): Promise<void> {
  await eventually(
    'the erasure is confirmed',
    async () => {
      await workers.hurry();
      const rows = await database.query(
        `select from erasure_request where id = $1 and distinct_ids = '{}' and returning_ids = '{}'`,
        [requestId],
      );
      return rows.length === 1;
    },
    90_000,
  );
}

async function stored(project: number, distinctId: string): Promise<string[]> {
  await engine.answers();
  const rows = await engine.query<{ id: string }>(
    `SELECT event_id AS id FROM dovecote.events FINAL
      WHERE project = ${project} AND distinct_id = '${distinctId}' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

function idsOf(events: readonly SentEvent[], project: number, distinctId: string): string[] {
  return events
    .filter((event) => event.project === project && event.distinctId === distinctId)
    .map(({ eventId }) => eventId)
    .sort();
}

/** Neither the rest of the batch nor the same ids of the other tenant were touched. */
async function expectOthersComplete(sent: readonly SentEvent[]): Promise<void> {
  expect(await stored(cast.site.number, bea)).toEqual(idsOf(sent, cast.site.number, bea));
  for (const id of [ann, anon, bea])
    expect(await stored(cast.otherSite.number, id)).toEqual(idsOf(sent, cast.otherSite.number, id));
}

describe('an erasure while events of the person stream in', () => {
  async function requestedAt(requestId: string): Promise<number> {
    const [row] = await database.query<{ at: Date }>(
      'select requested_at as at from erasure_request where id = $1',
      [requestId],
    );
    return row?.at.getTime() ?? 0;
  }

  /** Of the person there is exactly what the application sent after the request. */
  async function expectOnlyLaterEvents(requestId: string, sent: readonly SentEvent[]): Promise<void> {
    const at = await requestedAt(requestId);
    const later = sent.filter((event) => event.at > at);
    const before = sent.filter((event) => event.at <= at);
    expect(idsOf(later, cast.site.number, ann).length).toBeGreaterThan(0);
    expect(idsOf(before, cast.site.number, ann).length).toBeGreaterThan(0);
    expect(await stored(cast.site.number, anon)).toEqual([]);
    expect(await stored(cast.site.number, ann)).toEqual(idsOf(later, cast.site.number, ann));
    expect(await traces.inEngine([anon], cast.site.number)).toEqual([]);
    await expectOthersComplete(sent);
    const [seen] = await engine.query<{ first: string }>(
      `SELECT toUnixTimestamp64Milli(min(first_seen)) AS first FROM dovecote.persons
        WHERE project = ${cast.site.number} AND distinct_id = '${ann}' HAVING count() > 0`,
    );
    expect(Number(seen?.first)).toBe(
      Math.min(
        ...later
          .filter((event) => event.project === cast.site.number && event.distinctId === ann)
          .map((event) => event.at),
      ),
    );
    expect(await database.query('select from ingest_dead_letter')).toEqual([]);
  }

  test('leaves of the external id what was accepted after the request, and nothing of the anonymous one', async () => {
    await database.query('truncate ingest_dead_letter');
    startWorker();
    startWorker();
    await identify();
    stream = new EventStream([cast.site, cast.otherSite], [anon, bea, ann]);
    await stream.progress(600);
    const { requestId } = await people().deleteDataSubject({ externalId: ann });
    await stream.progress(600);
    await inStatus(requestId, Status.COMPLETED);
    await stream.progress(60);
    await stream.stop();
    await drained();
    await expectOnlyLaterEvents(requestId, stream.accepted);
    await dueToConfirm();
    await confirmed(requestId);
    await expectOnlyLaterEvents(requestId, stream.accepted);
    expect(workers.lastWords).toEqual([]);
  });
});
