import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { AuditService, AuditEventType } from '@dovecote/contract/pidgr/v1/audit_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { deletionsOf, doomed, requestedEarlier, sweep, untilShut } from '../support/organization-deletion.js';
import {
  clickAt,
  filesOf,
  json,
  pageAt,
  playedBack,
  recordedOrganization,
  recorder,
  recordingsOf,
  replays,
  type RrwebEvent,
  Session,
} from '../support/recordings.js';
import { refusalOf } from '../support/refusal.js';
import { tablesHolding, untilGone } from '../support/sandboxes.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { unzipped } from '../support/unzip.js';

jest.setTimeout(120_000);

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
const untilFiles = (orgId: string, count: number) =>
  eventually(`${count} files are left`, async () => (await filesOf(folder, orgId)).length === count);
const used = async (orgId: string): Promise<number> => {
  const [row] = await s.database.query<{ bytes: number }>(
    'select coalesce(sum(bytes), 0)::float8 as bytes from recording_use where org_id = $1',
    [orgId],
  );
  return row?.bytes ?? 0;
};

/** An organization with a session of an employee, two chunks long. */
async function recorded() {
  const own = await recordedOrganization(s);
  const rita = await hire(s, own);
  const session = new Session(rita);
  await session.send(0);
  await session.send(1);
  const [recording] = await recordingsOf(own.admin);
  return { ...own, rita, session, recordingId: recording?.id ?? '' };
}

async function viewsOf(admin: Actor): Promise<[actor: string, recording: string][]> {
  const { events } = await admin
    .client(AuditService)
    .listAuditEvents({ eventType: AuditEventType.SESSION_RECORDING_VIEWED });
  return events.map(({ actorId, entityId }) => [actorId, entityId]);
}

describe('ListSessionRecordings', () => {
  test('needs CAMPAIGNS_READ', async () => {
    const refusal = await refusalOf(replays(cast.erin).listSessionRecordings({}));
    expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test.each([
    ['campaign_id', { campaignId: 'spring' }],
    ['date_to', { dateFrom: timestampFromMs(1_000), dateTo: timestampFromMs(999) }],
    ['pagination.page_size', { pagination: { pageSize: -1 } }],
    ['pagination.page_token', { pagination: { pageToken: 'next' } }],
  ])('refuses a bad %s', async (field, request) => {
    const refusal = await refusalOf(replays(cast.max).listSessionRecordings(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('shows when and how much, to no other organization, and never whose', async () => {
    const { admin, rita, session, recordingId } = await recorded();
    const answer = await replays(admin).listSessionRecordings({});
    expect(answer.recordings).toMatchObject([
      {
        id: recordingId,
        startTime: timestampFromMs(session.beganAt),
        endTime: timestampFromMs(session.beganAt + 12_000),
        durationSeconds: 12,
      },
    ]);
    expect(answer.recordings[0]?.activityScore).toBeGreaterThan(0);
    expect(answer.recordings[0]?.activityScore).toBeLessThanOrEqual(1);
    expect(answer.pagination?.totalCount).toBe(1);
    const shown = JSON.stringify(answer, (_key, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    expect(shown).not.toMatch(new RegExp(`${rita.userId}|${session.id}`));
    expect(await recordingsOf(cast.mallory)).toEqual([]);
  });

  test('ends a session that is being recorded with its last event so far', async () => {
    const { admin, session } = await recorded();
    await session.send(2);
    expect(await recordingsOf(admin)).toMatchObject([{ durationSeconds: 22 }]);
  });

  test('takes a range with both ends, and pages through the newest first', async () => {
    const own = await recordedOrganization(s);
    const now = Date.now() - 3_600_000;
    const times = [0, 1, 2, 3, 4].map((n) => now + n * 60_000);
    for (const time of times) await new Session(own.admin, time).send(0);
    const began = async (request: object) =>
      (await recordingsOf(own.admin, request)).map(({ startTime }) => Number(startTime?.seconds));
    const seconds = (...indexes: number[]) => indexes.map((index) => Math.floor(times[index]! / 1000));
    const range = { dateFrom: timestampFromMs(times[1]!), dateTo: timestampFromMs(times[3]!) };
    expect(await began(range)).toEqual(seconds(3, 2, 1));
    expect(await began({ dateTo: timestampFromMs(times[0]! - 1) })).toEqual([]);
    const pages: number[][] = [];
    let pageToken = '';
    do {
      const pagination = { pageSize: 2, pageToken };
      const answer = await replays(own.admin).listSessionRecordings({ ...range, pagination });
      expect(answer.pagination?.totalCount).toBe(3);
      pages.push(answer.recordings.map(({ startTime }) => Number(startTime?.seconds)));
      pageToken = answer.pagination?.nextPageToken ?? '';
    } while (pageToken !== '');
    expect(pages).toEqual([seconds(3, 2), seconds(1)]);
    const first = await replays(own.admin).listSessionRecordings({ pagination: { pageSize: 1 } });
    const token = first.pagination?.nextPageToken;
    const stranger = refusalOf(
      replays(cast.mallory).listSessionRecordings({ pagination: { pageToken: token } }),
    );
    expect((await stranger).code).toBe(Code.InvalidArgument);
  });
});

describe('GetSessionSnapshots and ReadRecording', () => {
  test('need CAMPAIGNS_READ, and know neither recordings of other organizations nor unknown ones', async () => {
    const { admin, rita, session, recordingId } = await recorded();
    const calls = [
      (who: Actor, id: string) => replays(who).getSessionSnapshots({ recordingId: id }),
      (who: Actor, id: string) => recorder(who).readRecording({ recordingId: id }),
    ];
    for (const call of calls)
      expect((await refusalOf(call(rita, recordingId))).code).toBe(Code.PermissionDenied);
    for (const [who, id] of [
      [cast.mallory, recordingId],
      [admin, randomUUID()],
      [admin, session.id],
      [admin, 'x'.repeat(200)],
    ] as const)
      for (const call of calls)
        expect(await refusalOf(call(who, id))).toMatchObject({
          code: Code.NotFound,
          reason: 'RECORDING_NOT_FOUND',
        });
    for (const call of calls)
      expect((await refusalOf(call(admin, 'x'.repeat(201)))).code).toBe(Code.InvalidArgument);
    expect(await viewsOf(admin)).toEqual([]);
    expect(await viewsOf(cast.mallory)).toEqual([]);
  });

  test('return the events, and put into the trail who has read them', async () => {
    const { admin, session, recordingId } = await recorded();
    const times = [0, 2, 10, 12].map((second) => session.beganAt + second * 1_000);
    expect(await playedBack(admin, recordingId.toUpperCase())).toEqual(times);
    expect(await viewsOf(admin)).toEqual([[admin.userId, recordingId]]);
    const page = await recorder(admin).readRecording({ recordingId });
    expect(page).toMatchObject({
      chunks: [
        { sequence: 0, events: 2 },
        { sequence: 1, events: 2 },
      ],
      missingSequences: [],
      nextPageToken: '',
    });
    expect((JSON.parse(page.snapshotData) as RrwebEvent[]).map(({ timestamp }) => timestamp)).toEqual(times);
    expect(await viewsOf(admin)).toHaveLength(2);
  });

  test('return a recording that is larger than clients of gRPC accept by default, at once or in pages', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    for (let n = 0; n < 6; n += 1) {
      const events = [pageAt(session.beganAt + n * 1_000, { characters: 1_000_000 })];
      await session.add(n === 5 ? 6 : n, [], { events: json(events), screen: `Screen ${n}` });
    }
    const [recording] = await recordingsOf(own.admin);
    const recordingId = recording?.id ?? '';
    const { snapshotData } = await replays(own.admin).getSessionSnapshots({ recordingId });
    expect(snapshotData.length).toBeGreaterThan(6_000_000);
    const all: unknown[] = [];
    const sequences: number[][] = [];
    let pageToken = '';
    do {
      const page = await recorder(own.admin).readRecording({ recordingId, pageToken });
      expect(page.snapshotData.length).toBeLessThanOrEqual(3 * 1024 * 1024);
      expect(page.missingSequences).toEqual(pageToken === '' ? [5] : []);
      all.push(...(JSON.parse(page.snapshotData) as unknown[]));
      sequences.push(page.chunks.map(({ sequence }) => sequence));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(sequences).toEqual([
      [0, 1, 2],
      [3, 4, 6],
    ]);
    expect(all).toEqual(JSON.parse(snapshotData));
    // Once for the whole, and once for the first page.
    expect(await viewsOf(own.admin)).toHaveLength(2);
    const { nextPageToken } = await recorder(own.admin).readRecording({ recordingId });
    const other = await hire(s, own, 'manager');
    for (const [who, id] of [
      [other, recordingId],
      [own.admin, randomUUID()],
    ] as const)
      expect(
        await refusalOf(recorder(who).readRecording({ recordingId: id, pageToken: nextPageToken })),
      ).toMatchObject({ code: Code.InvalidArgument, fields: ['page_token'] });
  });

  test('do not open objects that were exchanged', async () => {
    const { id, admin, recordingId } = await recorded();
    await s.database.query(
      `update recording_chunk c set object_id = o.object_id from recording_chunk o
        where c.org_id = $1 and o.org_id = $1 and c.sequence <> o.sequence`,
      [id],
    );
    expect((await refusalOf(playedBack(admin, recordingId))).code).toBe(Code.Unavailable);
  });
});

describe('a recording is deleted', () => {
  test('by an admin with PRIVACY_WRITE, on record, and by no other caller', async () => {
    const { id, admin, rita, recordingId } = await recorded();
    const other = await recorded();
    const request = { recordingId };
    expect((await refusalOf(recorder(rita).deleteRecording(request))).code).toBe(Code.PermissionDenied);
    for (const [who, unknown] of [
      [cast.mallory, recordingId],
      [admin, randomUUID()],
      [admin, 'mine'],
    ] as const)
      expect((await refusalOf(recorder(who).deleteRecording({ recordingId: unknown }))).code).toBe(
        Code.NotFound,
      );
    await recorder(admin).deleteRecording(request);
    expect(await recordingsOf(admin)).toEqual([]);
    expect((await refusalOf(playedBack(admin, recordingId))).code).toBe(Code.NotFound);
    expect((await refusalOf(recorder(admin).deleteRecording(request))).code).toBe(Code.NotFound);
    await untilFiles(id, 0);
    expect(await used(id)).toBe(0);
    expect(await playedBack(other.admin, other.recordingId)).toHaveLength(4);
    const { events } = await admin
      .client(AuditService)
      .listAuditEvents({ eventType: AuditEventType.SESSION_RECORDING_DELETED });
    expect(events).toMatchObject([{ actorId: admin.userId, entityId: recordingId }]);
  });

  test('with what a killed process has left of it in the object store', async () => {
    const { id, admin, session, recordingId } = await recorded();
    const store = objects();
    const put = store.put.bind(store);
    // The object is there, and the process ends.
    jest.spyOn(store, 'put').mockImplementation(async (...args) => {
      await put(...args);
      throw new Error('killed');
    });
    await refusalOf(session.send(2));
    jest.restoreAllMocks();
    await session.send(2);
    await untilFiles(id, 4);
    await recorder(admin).deleteRecording({ recordingId });
    await untilFiles(id, 0);
  });

  test('with a chunk that arrives in the object store behind the deletion', async () => {
    const { id, admin, session, recordingId } = await recorded();
    const store = objects();
    const put = store.put.bind(store);
    const remove = jest.spyOn(store, 'remove').mockRejectedValue(new Error('killed'));
    jest.spyOn(store, 'put').mockImplementation(async (...args) => {
      await recorder(admin).deleteRecording({ recordingId });
      await untilFiles(id, 0);
      await put(...args);
    });
    expect(await session.send(2)).toMatchObject({ storedEvents: 0, stop: true });
    expect(remove).toHaveBeenCalledTimes(1);
    expect(await filesOf(folder, id)).toHaveLength(1);
    await s.travel(601_000);
    await untilFiles(id, 0);
  });
});

describe('a member', () => {
  const erase = async (admin: Actor, who: Actor) => {
    const { requestId } = await admin.client(PrivacyService).deleteUserData({ userId: who.userId });
    await admin.client(PrivacyService).immediateDelete({ requestId, confirmationEmail: who.email });
    await eventually('the member is erased', async () => {
      const rows = await s.database.query('select from member where id = $1', [who.userId]);
      return rows.length === 0;
    });
  };

  test('who is erased takes the recordings along, and leaves those of others', async () => {
    const { id, admin, rita, session, recordingId } = await recorded();
    for (let n = 0; n < 12; n += 1) await new Session(rita).send(0);
    await new Session(admin).send(0);
    // A session id is the member's own: another member's with the same one stays.
    await recorder(cast.mallory).addChunk({
      sessionId: session.id,
      sequence: 0,
      events: json([clickAt(Date.now())]),
    });
    await erase(admin, rita);
    await untilFiles(id, 1);
    expect(await recordingsOf(admin)).toHaveLength(1);
    expect((await refusalOf(playedBack(admin, recordingId))).code).toBe(Code.NotFound);
    const left = await s.database.query('select from recording where user_id = $1', [rita.userId]);
    expect(left).toEqual([]);
    expect(await recordingsOf(cast.mallory)).toHaveLength(1);
    expect(await used(id)).toBeGreaterThan(0);
  });

  test('who is erased while a chunk is put leaves nothing', async () => {
    const { id, admin, rita, session } = await recorded();
    const store = objects();
    const put = store.put.bind(store);
    jest.spyOn(store, 'put').mockImplementation(async (...args) => {
      await put(...args);
      if (args[0].includes('/recordings/')) await erase(admin, rita);
    });
    expect(await session.send(2)).toMatchObject({ storedEvents: 0, stop: true });
    await untilFiles(id, 0);
    expect(await s.database.query('select from recording where org_id = $1', [id])).toEqual([]);
  });

  test('finds in an export which sessions were recorded, without keys', async () => {
    const { admin, rita, session, recordingId } = await recorded();
    await session.send(2, { screen: 'Inbox' });
    const privacy = admin.client(PrivacyService);
    const { dataCategories } = await privacy.getDataExistenceConfirmation({ userId: rita.userId });
    expect(dataCategories).toContain('session_recordings');
    await privacy.exportUserData({ userId: rita.userId });
    const done = await eventually('the export is made', async () => {
      const { requests } = await privacy.listPrivacyRequests({ requestType: 'export' });
      return requests[0]?.status === PrivacyRequestStatus.COMPLETED && requests[0];
    });
    const response = await fetch(s.url + new URL(done.metadata.result_url ?? '').pathname);
    const path = join(folder, 'export.zip');
    await writeFile(path, Buffer.from(await response.arrayBuffer()));
    const files = unzipped(path);
    expect(files['session_recordings.ndjson']).toMatchObject([
      { id: recordingId, session_id: session.id, chunks: 3, screens: ['Inbox'] },
    ]);
    expect(JSON.stringify(files['session_recordings.ndjson'])).not.toMatch(/sealed|nodes|org_id/);
  });
});

test('the deletion of an organization reaches recordings, in tables and the object store', async () => {
  const { org, name, sam } = await doomed(s);
  await new Session(sam).send(0);
  await untilFiles(org.id, 1);
  await deletionsOf(sam).deleteOrganization({ confirmationName: name });
  await untilShut(sam);
  expect((await refusalOf(new Session(sam).send(0))).reason).toBe('ORGANIZATION_BEING_DELETED');
  await requestedEarlier(s.database, org.id, 8);
  await sweep(s.database);
  await untilGone(s.database, org.id);
  expect(await tablesHolding(s.database, org.id)).toEqual([]);
  await untilFiles(org.id, 0);
});

test('the settings change on record', async () => {
  const { admin, id } = await recordedOrganization(s);
  await recorder(admin).updateRecordingSettings({ retentionDays: 7 });
  const { events } = await admin
    .client(AuditService)
    .listAuditEvents({ eventType: AuditEventType.ORG_UPDATED });
  expect(events).toMatchObject([{ entityId: id, metadata: { recording_retention_days: '30 -> 7' } }]);
  await admin.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
  expect(await recorder(admin).getRecordingSettings({})).toMatchObject({ settings: { retentionDays: 7 } });
});
