import { gunzipSync } from 'node:zlib';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Export,
  ExportFormat,
  ExportService,
  ExportState,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { v7 as uuid } from 'uuid';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import type { Actor, TestProject } from '../support/cast.js';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
import { eventually } from '../support/eventually.js';
import { storeEvents } from '../support/people.js';

jest.setTimeout(120_000);

let world: ErasureWorld;
let release: () => void = () => undefined;

beforeAll(async () => {
  world = await startErasureWorld();
});
afterEach(() => {
  release();
  jest.restoreAllMocks();
});
afterAll(() => world?.stop());

const id = (name: string): string => `${name}-${uuid().slice(-8)}`;
const exportsOf = (who: Actor, project: TestProject) =>
  world.s.client(ExportService, { ...who.headers, 'x-project-id': project.id });
const mine = () => exportsOf(world.cast.alice, world.cast.site);
const theirs = () => exportsOf(world.cast.mallory, world.cast.otherSite);

async function inState(exports: ReturnType<typeof mine>, exportId = '', state: ExportState): Promise<Export> {
  return eventually(
    `the export is ${ExportState[state]}`,
    async () => {
      const { export: found } = await exports.getExport({ exportId });
      return found?.state === state && found;
    },
    60_000,
  );
}

async function made(exports = mine()): Promise<Export> {
  const { export: asked } = await exports.createProjectExport({ format: ExportFormat.NDJSON });
  return inState(exports, asked?.id, ExportState.COMPLETED);
}

async function madeOf(person: string, exports = mine()): Promise<Export> {
  const { export: asked } = await exports.createPersonExport({ person });
  return inState(exports, asked?.id, ExportState.COMPLETED);
}

async function statusesOf({ files }: Pick<Export, 'files'>): Promise<number[]> {
  const answers = await Promise.all(files.map(({ url }) => fetch(world.s.url + new URL(url).pathname)));
  for (const { body } of answers) await body?.cancel();
  return answers.map(({ status }) => status);
}

async function expectGone(exported: Export): Promise<void> {
  const { export: now } = await mine().getExport({ exportId: exported.id });
  expect(now).toMatchObject({ state: ExportState.CANCELLED, files: [] });
  expect(now?.expiresAt).toBeUndefined();
  expect(now?.error).toContain('ask for the export again');
  await eventually('its files are deleted', async () =>
    (await statusesOf(exported)).every((status) => status === 404),
  );
}

async function expectKept(exported: Export, exports: ReturnType<typeof mine>): Promise<void> {
  await inState(exports, exported.id, ExportState.COMPLETED);
  expect(new Set(await statusesOf(exported))).toEqual(new Set([200]));
}

/** In both tenants, with events. */
async function addPerson(name: string): Promise<{ externalId: string; anonymousId: string }> {
  const [externalId, anonymousId] = [id(name), id(`${name}-anon`)];
  for (const project of [world.cast.site, world.cast.otherSite]) {
    await world.identify(externalId, anonymousId, project);
    await project.keys.sdk.client(EventsService).batchCreate({
      events: [externalId, anonymousId].map((distinctId) => ({
        name: 'seen',
        distinctId,
        timestamp: timestampFromMs(Date.now()),
      })),
    });
  }
  await eventually(
    'the events are stored',
    async () => (await world.s.database.query('select from ingest_batch')).length === 0,
  );
  return { externalId, anonymousId };
}

const objects = (): ObjectStore => world.s.server.app.get(ObjectStore, { strict: false });

/** Holds exports behind the first file that they write, until `release`; the result waits for the file. */
function holdFiles(): () => Promise<unknown> {
  const store = objects();
  const put = store.put.bind(store);
  const released = new Promise<void>((resolve) => (release = resolve));
  let isHeld = false;
  jest.spyOn(store, 'put').mockImplementation(async (...args) => {
    await put(...args);
    isHeld = true;
    await released;
  });
  return () => eventually('a file is written', async () => isHeld);
}

async function heldExport(create: () => Promise<{ export?: Export }>): Promise<Export> {
  const written = holdFiles();
  const { export: asked } = await create();
  await written();
  return inState(mine(), asked?.id, ExportState.RUNNING);
}

async function filesInStore({ id: exportId }: Export): Promise<number> {
  const names = ['events-ndjson.gz', 'profiles-ndjson.gz', 'aliases-ndjson.gz', 'person.ndjson'];
  const found = await Promise.allSettled(
    names.map(async (name) => {
      const file = await objects().read(`${world.cast.acme.id}/data-exports/${exportId}/1/${name}`);
      file.destroy();
    }),
  );
  return found.filter(({ status }) => status === 'fulfilled').length;
}

async function erase(externalId: string): Promise<string> {
  const { requestId } = await world.people().deleteDataSubject({ externalId });
  await world.completed(requestId);
  return requestId;
}

describe('the files of exports that were complete before an erasure', () => {
  test('are deleted when they may hold the person, and those of others are not', async () => {
    const [ann, bea] = [await addPerson('ann'), await addPerson('bea')];
    const gone = [await made(), await madeOf(ann.externalId), await madeOf(ann.anonymousId)];
    const kept = await madeOf(bea.anonymousId);
    const ofOther = [await made(theirs()), await madeOf(ann.externalId, theirs())];
    await erase(ann.externalId);
    for (const exported of gone) await expectGone(exported);
    await expectKept(kept, mine());
    for (const exported of ofOther) await expectKept(exported, theirs());
    const named = await world.s.database.query<{ person: string }>(
      'select distinct_id as person from data_export where project = $1 and distinct_id is not null',
      [world.cast.site.number],
    );
    expect(named).toEqual([{ person: bea.anonymousId }]);
    expect((await made()).state).toBe(ExportState.COMPLETED);
  });

  test('of an earlier release, which forgot whose they were, are deleted', async () => {
    const [ann, bea] = [await addPerson('ann'), await addPerson('bea')];
    const exported = await madeOf(bea.externalId);
    await world.s.database.query('update data_export set distinct_id = null where id = $1', [exported.id]);
    await erase(ann.externalId);
    await expectGone(exported);
  });

  test('are in the trail', async () => {
    const ann = await addPerson('ann');
    const exported = await made();
    await erase(ann.externalId);
    const rows = await world.s.database.query(
      `select from audit_event where event_type = 'ANALYTICS_EXPORT_CANCELLED' and entity_id = $1`,
      [exported.id],
    );
    expect(rows).toHaveLength(1);
  });
});

describe('an export that runs while a person is erased', () => {
  test.each([
    ['of the project', () => mine().createProjectExport({ format: ExportFormat.NDJSON })],
    ['of the person', (person: string) => mine().createPersonExport({ person })],
  ] as const)('%s is ended, and leaves no file', async (_what, create) => {
    const ann = await addPerson('ann');
    const running = await heldExport(() => create(ann.anonymousId));
    await erase(ann.externalId);
    expect((await inState(mine(), running.id, ExportState.CANCELLED)).error).not.toBe('');
    release();
    await eventually('no file is left', async () => (await filesInStore(running)) === 0);
    jest.restoreAllMocks();
    expect((await mine().getExport({ exportId: running.id })).export?.files).toEqual([]);
    expect((await made()).files).toHaveLength(4);
  });

  test('is made if it is of another person, and after the one that was ended', async () => {
    const [ann, bea] = [await addPerson('ann'), await addPerson('bea')];
    const running = await heldExport(() => mine().createPersonExport({ person: bea.externalId }));
    const { export: waiting } = await mine().createProjectExport({ format: ExportFormat.NDJSON });
    await erase(ann.externalId);
    release();
    const done = await inState(mine(), running.id, ExportState.COMPLETED);
    await expectKept(done, mine());
    const next = await inState(mine(), waiting?.id, ExportState.COMPLETED);
    await expectKept(next, mine());
  });

  test('ends with the transaction of the erasure, whichever is first', async () => {
    const people = await Promise.all([1, 2, 3].map(() => addPerson('ann')));
    const asked = await Promise.all(
      people.map(async ({ externalId }) => {
        const erased = world.people().deleteDataSubject({ externalId });
        const { export: of } = await mine().createProjectExport({ format: ExportFormat.NDJSON });
        await world.completed((await erased).requestId);
        return of;
      }),
    );
    const ended = await Promise.all(
      asked.map((one) =>
        eventually('the export has ended', async () => {
          const { export: now } = await mine().getExport({ exportId: one?.id });
          return (now?.state ?? 0) > ExportState.RUNNING && now;
        }),
      ),
    );
    const names = people.flatMap(({ externalId, anonymousId }) => [externalId, anonymousId]);
    for (const { files } of ended)
      for (const { url } of files) {
        const answer = await fetch(world.s.url + new URL(url).pathname);
        const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
        expect(names.filter((name) => text.includes(name))).toEqual([]);
      }
  });
});

/** Lets the ten minutes pass for the erasures that wait for them. */
async function confirmed(): Promise<void> {
  await world.s.database.query(
    `update graphile_worker._private_jobs j set run_at = now() from graphile_worker._private_tasks t
      where t.id = j.task_id and t.identifier = 'erasure.confirm'`,
  );
  await eventually(
    'the erasure is confirmed',
    async () => {
      const open = `select from erasure_request where distinct_ids <> '{}' or returning_ids <> '{}'`;
      return (await world.s.database.query(open)).length === 0;
    },
    60_000,
  );
}

describe('what arrives behind an erasure', () => {
  test('is in no file once the erasure is confirmed, and nothing is deleted if nothing arrived', async () => {
    const ann = await addPerson('ann');
    await erase(ann.externalId);
    const clean = await made();
    await confirmed();
    await inState(mine(), clean.id, ExportState.COMPLETED);
    const cleo = await addPerson('cleo');
    await erase(cleo.externalId);
    // As a process that was killed had sent it.
    await storeEvents(world.store, world.cast.site.number, [{ id: cleo.anonymousId, at: '01 10:00' }]);
    const holding = await made();
    await confirmed();
    await expectGone(holding);
  });
});

describe('the export of an organization', () => {
  const requestsOf = async (who: Actor, exportId: string) => {
    const { requests } = await who.client(PrivacyService).listPrivacyRequests({ pageSize: 100 });
    return requests.find((request) => request.id === exportId);
  };

  async function madeBy(who: Actor): Promise<{ exportId: string; url: string }> {
    const { exportId } = await who.client(PrivacyService).exportOrgData({});
    const url = await eventually(
      'the export is complete',
      async () => (await requestsOf(who, exportId))?.metadata['result_url'],
      60_000,
    );
    return { exportId, url };
  }

  const statusOf = async (url: string): Promise<number> => {
    const answer = await fetch(world.s.url + new URL(url).pathname);
    await answer.body?.cancel();
    return answer.status;
  };

  test('is deleted with its key when a person of a project is erased; that of another stays', async () => {
    const ann = await addPerson('ann');
    const [own, other] = [await madeBy(world.cast.alice), await madeBy(world.cast.mallory)];
    await erase(ann.externalId);
    const request = await requestsOf(world.cast.alice, own.exportId);
    expect(request?.status).toBe(PrivacyRequestStatus.FAILED);
    expect(request?.metadata).toEqual({ reason: expect.stringContaining('ask for the export again') });
    await eventually('the file is deleted', async () => (await statusOf(own.url)) === 404);
    await eventually('the key is deleted', async () => {
      const rows = await world.s.database.query(
        'select from privacy_request where id = $1 and sealed_key is null',
        [own.exportId],
      );
      return rows.length === 1;
    });
    expect(await statusOf(other.url)).toBe(200);
  });

  test('that is being made is ended', async () => {
    const ann = await addPerson('ann');
    const written = holdFiles();
    const { exportId } = await world.cast.alice.client(PrivacyService).exportOrgData({});
    await written();
    await erase(ann.externalId);
    release();
    await eventually('the file is deleted', async () =>
      objects()
        .read(`${world.cast.acme.id}/privacy/${exportId}.zip`)
        .then(
          (file) => void file.destroy(),
          () => true,
        ),
    );
    expect((await requestsOf(world.cast.alice, exportId))?.status).toBe(PrivacyRequestStatus.FAILED);
  });
});
