import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import { type Cast, seedCast } from '../support/cast.js';
import { hire } from '../support/members.js';
import {
  clickAt,
  filesOf,
  json,
  pageAt,
  playedBack,
  recordedOrganization,
  recordingsOf,
  replays,
  type RrwebEvent,
  Session,
  zipped,
} from '../support/recordings.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-replay-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const objects = (): ObjectStore => s.server.app.get(ObjectStore, { strict: false });
const chunksOf = (orgId: string) =>
  s.database.query<{ sequence: number }>('select sequence from recording_chunk where org_id = $1', [orgId]);

/** Each put of an object waits until so many have begun. */
function putTogether(count: number): void {
  const store = objects();
  const put = store.put.bind(store);
  let begun = 0;
  let release: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (release = resolve));
  jest.spyOn(store, 'put').mockImplementation(async (...args) => {
    begun += 1;
    if (begun >= count) release();
    await all;
    return put(...args);
  });
}

describe('where nothing is collected', () => {
  test('a chunk is accepted, and neither it nor its session is stored', async () => {
    const own = await recordedOrganization(s);
    const rita = await hire(s, own);
    const restrict = (restricted: boolean) =>
      own.admin.client(PrivacyService).restrictProcessing({ userId: rita.userId, restricted });
    await restrict(true);
    const nothing = { storedEvents: 0, leftOutEvents: 0, missingSequences: [], stop: true };
    expect(await new Session(rita).send(0)).toMatchObject(nothing);
    const organization = own.admin.client(OrganizationService);
    await restrict(false);
    await organization.updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
    expect(await new Session(rita).send(0)).toMatchObject(nothing);
    expect(await s.database.query('select from recording where org_id = $1', [own.id])).toEqual([]);
    expect(await filesOf(folder, own.id)).toEqual([]);
  });

  test('what a member has recorded before is not shown, and no more is stored', async () => {
    const own = await recordedOrganization(s);
    const rita = await hire(s, own);
    const session = new Session(rita);
    await session.send(0);
    const [recording] = await recordingsOf(own.admin);
    const { client } = own.admin;
    await client(PrivacyService).restrictProcessing({ userId: rita.userId, restricted: true });
    expect(await session.send(1)).toMatchObject({ storedEvents: 0, stop: true });
    expect(await recordingsOf(own.admin)).toEqual([]);
    expect((await refusalOf(playedBack(own.admin, recording!.id))).code).toBe(Code.NotFound);
    await client(PrivacyService).restrictProcessing({ userId: rita.userId, restricted: false });
    await client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
    expect(await recordingsOf(own.admin)).toEqual([]);
    expect((await refusalOf(playedBack(own.admin, recording!.id))).code).toBe(Code.NotFound);
    await client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: true });
    expect(await playedBack(own.admin, recording!.id)).toHaveLength(2);
  });

  test.each<
    [
      what: string,
      end: (own: Awaited<ReturnType<typeof recordedOrganization>>, userId: string) => Promise<unknown>,
    ]
  >([
    [
      'a restriction',
      ({ admin }, userId) => admin.client(PrivacyService).restrictProcessing({ userId, restricted: true }),
    ],
    [
      'the end of behavioural analytics',
      ({ admin }) =>
        admin.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false }),
    ],
    ['a deletion', ({ id }) => s.database.query('delete from recording where org_id = $1', [id])],
  ])('%s that comes while a chunk is put leaves neither row nor object of it', async (_what, end) => {
    const own = await recordedOrganization(s);
    const rita = await hire(s, own);
    const session = new Session(rita);
    await session.send(0);
    const before = await filesOf(folder, own.id);
    const store = objects();
    const put = store.put.bind(store);
    jest.spyOn(store, 'put').mockImplementation(async (...args) => {
      await put(...args);
      await end(own, rita.userId);
    });
    expect(await session.send(1)).toMatchObject({ storedEvents: 0, stop: true });
    expect(await filesOf(folder, own.id)).toEqual(before);
    expect((await chunksOf(own.id)).filter(({ sequence }) => sequence === 1)).toEqual([]);
  });
});

describe('a chunk', () => {
  test('is stored once: the same again, also as plain JSON, has the same answer', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    const first = await session.send(0);
    expect(first).toMatchObject({ storedEvents: 2, leftOutEvents: 0, missingSequences: [], stop: false });
    expect(await session.send(0)).toEqual(first);
    expect(await session.add(0, [], { events: json(session.events(0)) })).toEqual(first);
    expect(await filesOf(folder, own.id)).toHaveLength(1);
    const [recording] = await recordingsOf(own.admin);
    expect(await playedBack(own.admin, recording!.id)).toHaveLength(2);
  });

  test('that two calls bring at once is stored once, with one object', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    putTogether(3);
    const answers = await Promise.all([session.send(0), session.send(0), session.send(0)]);
    expect(new Set(answers.map(({ storedEvents }) => storedEvents))).toEqual(new Set([2]));
    expect(await chunksOf(own.id)).toHaveLength(1);
    expect(await filesOf(folder, own.id)).toHaveLength(1);
    expect(await recordingsOf(own.admin)).toHaveLength(1);
  });

  test('whose number two calls give to different contents is one of them', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    putTogether(2);
    const outcomes = await Promise.allSettled([session.send(0), session.add(0, [clickAt(session.beganAt)])]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await chunksOf(own.id)).toHaveLength(1);
    expect(await filesOf(folder, own.id)).toHaveLength(1);
  });

  test('comes beside others of its session, in any order, and gaps are told', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    expect((await session.send(3)).missingSequences).toEqual([0, 1, 2]);
    putTogether(2);
    await Promise.all([session.send(0), session.send(2)]);
    jest.restoreAllMocks();
    expect((await session.send(5)).missingSequences).toEqual([1, 4]);
    const [recording] = await recordingsOf(own.admin);
    expect(recording).toMatchObject({ durationSeconds: 52 });
    const times = await playedBack(own.admin, recording!.id);
    expect(times).toEqual([0, 2, 20, 22, 30, 32, 50, 52].map((second) => session.beganAt + second * 1_000));
    expect((await session.send(9_999)).missingSequences).toHaveLength(100);
  });

  test('of another member with the same session id is of another recording', async () => {
    const own = await recordedOrganization(s);
    const [one, two] = await Promise.all([hire(s, own), hire(s, own)]);
    const sessionId = randomUUID();
    for (const who of [one, two, cast.mallory]) await new Session(who).send(0, { sessionId });
    expect(await recordingsOf(own.admin)).toHaveLength(2);
  });

  test('with nothing to store counts as arrived', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    const old = Date.now() - 8 * 86_400_000;
    const answer = await session.add(0, [clickAt(old), clickAt(Date.now() + 2 * 86_400_000)]);
    expect(answer).toMatchObject({ storedEvents: 0, leftOutEvents: 2, stop: false });
    expect(await recordingsOf(own.admin)).toEqual([]);
    expect(await filesOf(folder, own.id)).toEqual([]);
    expect((await session.send(1)).missingSequences).toEqual([]);
    expect(await recordingsOf(own.admin)).toHaveLength(1);
  });

  test('of a mebibyte is stored', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    const page = (id: number) => ({ type: 3, textContent: 'y'.repeat(60_000), id });
    const { data, ...event } = pageAt(session.beganAt);
    const body = Array.from({ length: 20 }, (_, index) => page(10 + index));
    const node = {
      type: 0,
      childNodes: [{ type: 2, tagName: 'html', attributes: {}, childNodes: body, id: 2 }],
      id: 1,
    };
    const events = [{ ...event, data: { ...data, node } }];
    expect(JSON.stringify(events).length).toBeGreaterThan(1024 * 1024);
    expect(await session.add(0, [], { events: json(events) })).toMatchObject({ storedEvents: 1 });
    expect(await session.add(1, [], { events: zipped(events) })).toMatchObject({ storedEvents: 1 });
  });

  test('is masked, by what the chunks before have told of the page; behind a gap everything is', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    const { beganAt } = session;
    const text = (second: number, id: number, value: string): RrwebEvent => ({
      type: 3,
      data: { source: 0, texts: [{ id, value }], attributes: [], removes: [], adds: [] },
      timestamp: beganAt + second * 1_000,
    });
    const typed = {
      type: 3,
      data: { source: 5, id: 9, text: 'hunter2', isChecked: false },
      timestamp: beganAt,
    };
    await session.add(0, [pageAt(beganAt, { text: 'Heading', masked: 'Salary' }), typed]);
    await session.add(1, [text(1, 6, 'New heading'), text(1, 8, 'New salary')]);
    await session.add(3, [text(3, 6, 'Behind the gap')]);
    await session.add(4, [pageAt(beganAt + 4_000, { text: 'Whole again' }), text(4, 6, 'Seen again')]);
    const [recording] = await recordingsOf(own.admin);
    const { snapshotData } = await replays(own.admin).getSessionSnapshots({ recordingId: recording?.id });
    for (const seen of ['Heading', 'New heading', 'Whole again', 'Seen again'])
      expect(snapshotData).toContain(seen);
    for (const hidden of ['Salary', 'salary', 'hunter2', 'Behind'])
      expect(snapshotData).not.toContain(hidden);
  });

  test('cannot be read in the object store, nor its member in its names', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    await session.add(0, [pageAt(session.beganAt, { text: 'Confidential' })]);
    const names = await readdir(join(folder, 'objects', own.id), { recursive: true });
    expect(names.join()).not.toMatch(new RegExp(`${session.id}|${own.admin.userId}`));
    const files = join(folder, 'objects', own.id, 'recordings');
    for (const entry of await readdir(files, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = await readFile(join(entry.parentPath, entry.name));
      expect(content.includes('Confidential')).toBe(false);
      expect(content.subarray(0, 2)).not.toEqual(Buffer.from([0x1f, 0x8b]));
    }
  });
});

describe('when the object store fails', () => {
  test('a chunk is refused for a while, and stored when it is sent again', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    jest.spyOn(objects(), 'put').mockRejectedValue(new Error('The disk is full.'));
    const refusal = await refusalOf(session.send(0));
    expect(refusal).toMatchObject({ code: Code.Unavailable, reason: 'RECORDINGS_UNAVAILABLE' });
    expect(refusal.retryAfterSeconds).toBe(5);
    expect(refusal.message).not.toContain('disk');
    expect(await recordingsOf(own.admin)).toEqual([]);
    jest.restoreAllMocks();
    expect(await session.send(0)).toMatchObject({ storedEvents: 2 });
  });

  test('a recording cannot be read for a while', async () => {
    const own = await recordedOrganization(s);
    await new Session(own.admin).send(0);
    const [recording] = await recordingsOf(own.admin);
    jest.spyOn(objects(), 'read').mockRejectedValue(new Error('gone'));
    expect(await refusalOf(playedBack(own.admin, recording!.id))).toMatchObject({
      code: Code.Unavailable,
      reason: 'RECORDINGS_UNAVAILABLE',
    });
  });
});
