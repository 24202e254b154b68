import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { DevicesService } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import {
  ComplianceRequestStatus as Status,
  ProfilesService,
} from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import { type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { KillableEngine } from '../support/killable-engine.js';
import { allMirrored } from '../support/people.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { type SentEvent, sendEvents, Traces } from './erasures.js';
import { confirmationPoints, type Point, requestPoints, workerPoints } from './erasure-points.js';
import { HoldingPostgres } from './holding-postgres.js';
import { HoldingProxy } from './holding-proxy.js';
import { addWaiting } from './waiting-batches.js';
import { WorkerProcess, WorkerProcesses } from './worker-process.js';

jest.setTimeout(400_000);

let database: TestDatabase;
let engine: KillableEngine;
let s: TestServer;
let cast: Cast;
let traces: Traces;
/** Between the workers and the engine, and between all processes that are killed and PostgreSQL. */
let engineProxy: HoldingProxy;
let postgres: HoldingPostgres;
/** The person: two profiles that were merged, with an anonymous id each. */
let ann: string;
let anon: string;
let ann2: string;
let anon2: string;
/** Another person, whose events are in the same batches. */
let bea: string;
const workers = new WorkerProcesses(() => database);
let api: WorkerProcess | undefined;

beforeAll(async () => {
  [database, engine] = await Promise.all([cloneDatabase(), KillableEngine.start()]);
  [engineProxy, postgres] = await Promise.all([
    HoldingProxy.start(() => engine.url),
    HoldingPostgres.start(() => database),
  ]);
  s = await startTestServer({ database, env: { ROLE: 'api', CLICKHOUSE_URL: engine.url } });
  cast = await seedCast(s);
  traces = new Traces(database, engine);
});
beforeEach(() => {
  [ann, anon, ann2, anon2, bea] = ['ann', 'anon', 'second', 'anon2', 'bea'].map(
    (name) => `${name}-${uuid()}`,
  ) as [string, string, string, string, string];
});
afterEach(async () => {
  await Promise.all([workers.killAll(), api?.kill()]);
});
afterAll(async () => {
  await s?.stop();
  await Promise.all([engineProxy?.stop(), postgres?.stop()]);
  await engine?.remove();
  await database?.drop();
});

const people = () => cast.site.keys.private.client(ProfilesService);
const startWorker = () => workers.start({ ...postgres.env, CLICKHOUSE_URL: engineProxy.url });

/** Starts what reaches the point, and kills it there. */
async function killAt(point: Point, start: () => Promise<WorkerProcess> | WorkerProcess): Promise<void> {
  const proxy = point instanceof RegExp ? engineProxy : postgres;
  const release = point instanceof RegExp ? engineProxy.hold(point) : postgres.hold(point);
  const victim = await start();
  try {
    await proxy.holdsOne();
  } catch (error) {
    throw new Error(
      `${point instanceof RegExp ? String(point) : JSON.stringify(point)} was not reached: ${victim.log.slice(-2_000)}`,
      {
        cause: error,
      },
    );
  }
  await victim.kill();
  release();
  await workers.declareDead();
}

async function killWorkersAt(points: readonly Point[]): Promise<void> {
  for (const point of points)
    await killAt(point, async () => {
      const worker = startWorker();
      await workers.atWork();
      return worker;
    });
}

async function addPerson({ keys }: TestProject, externalId: string, anonymousId: string): Promise<string> {
  const traits = { email: `${externalId}@example.com` };
  const { profileId } = await keys.sdk
    .client(ProfilesSDKService)
    .identify({ externalId, anonymousId, traits });
  await keys.public
    .client(DevicesService)
    .subscribe({ deviceId: uuid(), platform: 'ios', profileExternalId: externalId, token: uuid() });
  return profileId;
}

/** Ann, with all that leads to her, and bea, in both tenants. */
async function addPeople(): Promise<void> {
  for (const project of [cast.site, cast.otherSite]) {
    const into = await addPerson(project, ann, anon);
    const profileId = await addPerson(project, ann2, anon2);
    await project.keys.shared.client(ProfileService).mergeProfiles({ profileId, intoProfileId: into });
    await addPerson(project, bea, `${bea}-anon`);
  }
}

/** What is stored of the other tenant, and of the other person. */
async function rowsOfOthers(): Promise<unknown> {
  const kept: Record<string, unknown> = {};
  for (const table of [
    'profile',
    'profile_alias',
    'profile_merge',
    'push_subscription',
    'erased_id',
    'erasure_request',
    'ingest_batch',
    'ingest_dead_letter',
  ]) {
    const rows = await database.query<{ row: unknown }>(
      `select to_jsonb(t) - '{version,is_mirrored}'::text[] as row from ${table} t
        where org_id = $1 or (org_id = $2 and t::text like $3) order by t::text`,
      [cast.other.id, cast.acme.id, `%${bea}%`],
    );
    kept[table] = rows.map(({ row }) => row);
  }
  return kept;
}

async function storedEvents(project: number, distinctId: string): Promise<string[]> {
  await engine.answers();
  const rows = await engine.query<{ id: string }>(
    `SELECT event_id AS id FROM dovecote.events FINAL
      WHERE project = ${project} AND distinct_id = '${distinctId}' AND kind = 'page_view' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

interface Prepared {
  readonly events: readonly SentEvent[];
  readonly others: unknown;
}

async function prepare(): Promise<Prepared> {
  await database.query('truncate ingest_dead_letter, ingest_batch');
  const first = startWorker();
  await addPeople();
  const events = [
    ...(await sendEvents(cast.site, [ann, anon, bea, ann2])),
    ...(await sendEvents(cast.otherSite, [ann, anon, bea, ann2])),
  ];
  await eventually(
    'the queue is empty',
    async () => (await database.query('select from ingest_batch')).length === 0,
    60_000,
  );
  await allMirrored(s);
  await first.kill();
  for (const project of [cast.site, cast.otherSite]) await addWaiting(database, project, [ann, bea, anon2]);
  return { events, others: await rowsOfOthers() };
}

async function completed(requestId: string): Promise<void> {
  await eventually(
    'the erasure is completed',
    async () => {
      await workers.hurry();
      return (await people().getDeletionRequest({ requestId })).status === Status.COMPLETED;
    },
    90_000,
  );
}

/** Lets the ten minutes pass. There is one confirmation, however often the erasure was run. */
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
      const open = `select from erasure_request where id = $1 and distinct_ids = '{}' and returning_ids = '{}'`;
      return (await database.query(open, [requestId])).length === 1;
    },
    90_000,
  );
}

async function finish(requestId: string): Promise<void> {
  startWorker();
  await completed(requestId);
  await dueToConfirm();
  await confirmed(requestId);
}

async function expectForgotten({ events, others }: Prepared, requestId: string): Promise<void> {
  const ids = [ann, anon, ann2, anon2];
  const ledger = await database.query(
    `select id, status, events_identified::int as events, error, completed_at is not null as "isCompleted"
       from erasure_request where org_id = $1 and external_id = $2`,
    [cast.acme.id, ann],
  );
  // Three are stored, two wait in the queue, and two in a dead letter.
  expect(ledger).toEqual([{ id: requestId, status: 3, events: 7, error: null, isCompleted: true }]);
  const trail = await database.query<{ type: string }>(
    'select event_type as type from audit_event where entity_id = $1 order by event_type',
    [requestId],
  );
  expect(trail.filter(({ type }) => type === 'PROFILE_ERASED')).toHaveLength(1);
  await database.query('update erasure_request set external_id = null where id = $1', [requestId]);
  expect(await traces.inEngine(ids, cast.site.number)).toEqual([]);
  expect(await rowsOfOthers()).toEqual(others);
  for (const id of [ann, anon, ann2, bea])
    expect(await storedEvents(cast.otherSite.number, id)).toEqual(idsOf(events, cast.otherSite.number, id));
  expect(await storedEvents(cast.site.number, bea)).toEqual(idsOf(events, cast.site.number, bea));
  await expectNothingLeftOf(ids);
  expect(workers.lastWords).toEqual([]);
}

function idsOf(events: readonly SentEvent[], project: number, distinctId: string): string[] {
  return events
    .filter((event) => event.project === project && event.distinctId === distinctId)
    .map(({ eventId }) => eventId)
    .sort();
}

/** Searches every table of PostgreSQL, after the other tenant is deleted, where they are still known. */
async function expectNothingLeftOf(ids: readonly string[]): Promise<void> {
  const waiting = await database.query<{ place: string; events: number }>(
    `select 'queue' as place, events from ingest_batch where org_id = $1
     union all select 'dead letters', events from ingest_dead_letter where org_id = $1 order by 1 desc`,
    [cast.acme.id],
  );
  expect(waiting).toEqual([
    { place: 'queue', events: 1 },
    { place: 'dead letters', events: 1 },
  ]);
  for (const table of ['push_subscription', 'profile_merge', 'profile', 'ingest_batch', 'ingest_dead_letter'])
    await database.query(`delete from ${table} where org_id = $1`, [cast.other.id]);
  expect(await traces.inPostgres(ids)).toEqual([]);
}

describe('an erasure is completed exactly although every process is killed', () => {
  test('that takes its request, at each step of it', async () => {
    const prepared = await prepare();
    const ask = async (url: string): Promise<{ requestId?: string }> => {
      const answer = await fetch(`${url}/shared.profiles.v1.ProfilesService/DeleteDataSubject`, {
        method: 'POST',
        headers: { ...cast.site.keys.private.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ externalId: ann }),
      });
      return (await answer.json()) as { requestId?: string };
    };
    for (const point of requestPoints) {
      const before = await database.query('select from erasure_request');
      expect(await database.query('select from erasure_request where external_id = $1', [ann])).toEqual([]);
      await killAt(point, async () => {
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        api = WorkerProcess.start(
          database,
          { ...postgres.env, PORT: String(port), CLICKHOUSE_URL: engine.url },
          { role: 'api' },
        );
        await eventually('the server is ready', async () => (await fetch(`${url}/health/ready`)).ok, 60_000);
        ask(url).catch(() => undefined);
        return api;
      });
      const after = await database.query('select from erasure_request');
      const isCommitted = !(point instanceof RegExp) && point.at === 'committed';
      expect(after.length - before.length).toBe(isCommitted ? 1 : 0);
    }
    const { requestId } = await people().deleteDataSubject({ externalId: ann });
    await finish(requestId);
    await expectForgotten(prepared, requestId);
  });

  test.each(Object.entries(workerPoints))('while it %s, at each step', async (_what, points) => {
    const prepared = await prepare();
    const { requestId } = await people().deleteDataSubject({ externalId: ann });
    await killWorkersAt(points);
    await finish(requestId);
    await expectForgotten(prepared, requestId);
  });

  test('that confirms it, at each step', async () => {
    const prepared = await prepare();
    const { requestId } = await people().deleteDataSubject({ externalId: ann });
    const first = startWorker();
    await completed(requestId);
    await first.kill();
    await dueToConfirm();
    await killWorkersAt(confirmationPoints);
    startWorker();
    await confirmed(requestId);
    await expectForgotten(prepared, requestId);
  });
});
