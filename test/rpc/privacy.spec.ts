import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import {
  type PrivacyRequest,
  PrivacyRequestStatus as Status,
  PrivacyService,
} from '@dovecote/contract/pidgr/v1/privacy_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { v7 as uuid } from 'uuid';
import { openExportCommand } from '../../src/commands/open-export.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { unzipped } from '../support/unzip.js';

const DAY_MS = 24 * 3_600_000;

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-privacy-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
  await prolongSessions();
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The clock is moved by months, and no session is to end by that; before a server remembers them. */
async function prolongSessions(): Promise<void> {
  await s.database.query(`update session set expires_at = now() + interval '5 years'`);
}

async function newcomer(): Promise<Actor> {
  const actor = await hire(s, cast.acme);
  await prolongSessions();
  return actor;
}

/** Jobs that were enqueued by a clock that had been moved before wait for longer than it seems. */
async function hurry(task: string): Promise<void> {
  await s.database.query(
    `update graphile_worker._private_jobs set run_at = now()
      where task_id = (select id from graphile_worker._private_tasks where identifier = $1)`,
    [task],
  );
}

const privacy = (who: Actor) => who.client(PrivacyService);
const standing = async ({ userId }: Actor) => {
  const { user } = await members(cast.alice).getUser({ userId });
  return [user?.status, user?.processingRestricted];
};

async function requestOf(id: string, who = cast.alice): Promise<PrivacyRequest | undefined> {
  const { requests } = await privacy(who).listPrivacyRequests({ pageSize: 100 });
  return requests.find((request) => request.id === id);
}

async function completed(id: string, who = cast.alice): Promise<PrivacyRequest> {
  return eventually('the request is completed', async () => {
    const request = await requestOf(id, who);
    return request?.status === Status.COMPLETED && request;
  });
}

async function download(url: string | undefined): Promise<string> {
  const response = await fetch(s.url + new URL(url ?? '').pathname);
  expect(response.status).toBe(200);
  const path = join(folder, `download-${uuid()}`);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

describe('a caller is refused', () => {
  test('without the permission, as a key, or for people of others', async () => {
    const { userId } = cast.max;
    const confirmation = { requestId: uuid(), confirmationEmail: cast.max.email };
    const calls = (who: Actor) => [
      () => privacy(who).exportUserData({ userId }),
      () => privacy(who).exportOrgData({}),
      () => privacy(who).deleteUserData({ userId }),
      () => privacy(who).rectifyUserData({ userId, corrections: { name: 'X' } }),
      () => privacy(who).restrictProcessing({ userId, restricted: true }),
      () => privacy(who).getDataExistenceConfirmation({ userId }),
      () => privacy(who).listPrivacyRequests({}),
      () => privacy(who).listOrgSecurityIncidents({}),
      () => privacy(who).cancelDeletion(confirmation),
      () => privacy(who).immediateDelete(confirmation),
    ];
    for (const call of calls(cast.erin)) expect((await refusalOf(call())).reason).toBe('PERMISSION_MISSING');
    for (const call of calls(cast.kiosk))
      expect((await refusalOf(call())).reason).toBe('API_KEY_HAS_NO_USER');
    const [exported, , deleted, rectified, restricted] = calls(cast.mallory);
    for (const call of [exported!, deleted!, rectified!, restricted!]) {
      expect(await refusalOf(call())).toMatchObject({ code: Code.NotFound, reason: 'MEMBER_NOT_FOUND' });
    }
    const nothing = await privacy(cast.mallory).getDataExistenceConfirmation({ userId });
    expect(nothing).toMatchObject({ exists: false, dataCategories: [] });
    expect(await standing(cast.max)).toEqual([UserStatus.ACTIVE, false]);
  });
});

describe('a correction', () => {
  test('names every field that it cannot be made to, and then makes none', async () => {
    const corrections = {
      first_name: 'Ada',
      email: 'x@y.example',
      start_date: '2026-02-30',
      name: 'x'.repeat(201),
      'custom:': 'x',
      __proto__x: 'y',
    };
    const refusal = await refusalOf(
      privacy(cast.erin).rectifyUserData({ userId: cast.erin.userId, corrections }),
    );
    expect(refusal.code).toBe(Code.InvalidArgument);
    expect(refusal.fields.sort()).toEqual(
      ['__proto__x', 'custom:', 'email', 'name', 'start_date']
        .map((field) => `corrections["${field}"]`)
        .sort(),
    );
    expect((await members(cast.erin).getUser({})).user?.profile?.firstName).toBeFalsy();
  });

  test('is made by the person, or an administrator, and recorded without the values', async () => {
    const { userId } = cast.erin;
    const made = await privacy(cast.erin).rectifyUserData({
      userId: userId.toUpperCase(),
      corrections: { first_name: 'Erin', 'custom:shirt': 'M', name: 'Erin E.', start_date: '2024-02-29' },
    });
    expect(made.rectifiedFields).toEqual(['custom:shirt', 'first_name', 'name', 'start_date']);
    const again = await privacy(cast.alice).rectifyUserData({
      userId,
      corrections: { first_name: 'Erin', start_date: '', 'custom:shirt': '' },
    });
    expect(again.rectifiedFields).toEqual(['custom:shirt', 'start_date']);
    const { user } = await members(cast.erin).getUser({});
    expect([
      user?.name,
      user?.profile?.firstName,
      user?.profile?.startDate,
      user?.profile?.customAttributes,
    ]).toEqual(['Erin E.', 'Erin', '', {}]);
    const own = await privacy(cast.erin).listMyPrivacyRequests({ requestType: 'rectify' });
    expect(own.requests.map(({ metadata }) => metadata.fields)).toEqual([
      'custom:shirt, start_date',
      'custom:shirt, first_name, name, start_date',
    ]);
    const events = (await auditOf(s, userId)).filter(({ event_type }) => event_type === 'DATA_RECTIFIED');
    expect(events).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain('Erin');
  });
});

describe('a restriction', () => {
  test('begins once, and is lifted', async () => {
    const ada = await newcomer();
    const first = await privacy(cast.alice).restrictProcessing({ userId: ada.userId, restricted: true });
    await s.travel(1000);
    const second = await privacy(cast.alice).restrictProcessing({ userId: ada.userId, restricted: true });
    expect(second).toEqual(first);
    expect(await standing(ada)).toEqual([UserStatus.ACTIVE, true]);
    const lifted = await privacy(cast.alice).restrictProcessing({ userId: ada.userId, restricted: false });
    expect(lifted).toMatchObject({ restricted: false });
    expect(lifted.restrictedAt).toBeUndefined();
    expect(await standing(ada)).toEqual([UserStatus.ACTIVE, false]);
    const events = (await auditOf(s, ada.userId)).map(({ event_type }) => event_type);
    expect(events).toEqual(['PROCESSING_RESTRICTED', 'PROCESSING_RESTRICTED', 'PROCESSING_RESTRICTED']);
  });
});

describe('an export', () => {
  test('of one’s own holds what is known, and is for oneself alone', async () => {
    const answer = await privacy(cast.erin).exportUserData({ userId: cast.erin.userId });
    expect(answer).toMatchObject({ status: Status.PENDING, resultUrl: '' });
    const request = await completed(answer.exportId);
    expect(request).toMatchObject({
      requestType: 'export',
      userId: cast.erin.userId,
      userEmail: cast.erin.email,
      requestedByEmail: cast.erin.email,
    });
    const own = await privacy(cast.erin).listMyPrivacyRequests({ requestType: 'export' });
    expect(own.requests.map(({ id }) => id)).toEqual([answer.exportId]);
    const files = unzipped(await download(own.requests[0]?.metadata.result_url));
    expect(files['profile.ndjson']).toEqual([
      expect.objectContaining({ email: cast.erin.email, name: 'Erin E.', role: 'employee' }),
    ]);
    expect(files['sessions.ndjson']).toHaveLength(1);
    expect((files['audit_events.ndjson'] ?? []).length).toBeGreaterThan(1);
    expect(JSON.stringify(files)).not.toContain(cast.max.email);
    expect((await privacy(cast.mallory).listPrivacyRequests({})).requests).toEqual([]);
  });

  test('is gone after a week', async () => {
    const { exportId } = await privacy(cast.mallory).exportUserData({ userId: cast.mallory.userId });
    const { metadata } = await completed(exportId, cast.mallory);
    await s.travel(7 * DAY_MS + 1000);
    expect((await requestOf(exportId, cast.mallory))?.metadata.result_url).toBeUndefined();
    expect((await fetch(s.url + new URL(metadata.result_url ?? '').pathname)).status).toBe(404);
  });

  test('of the organization opens with its key, and with no other', async () => {
    const { exportId } = await privacy(cast.alice).exportOrgData({});
    const { metadata } = await completed(exportId);
    const path = await download(metadata.result_url);
    expect((await readFile(path)).includes(cast.max.email)).toBe(false);
    const out = `${path}.zip`;
    const open = (key = metadata.decryption_key ?? '') => openExportCommand(path, { key, out });
    await expect(open('short')).rejects.toThrow('--key must be');
    await expect(open(Buffer.alloc(32).toString('base64url'))).rejects.toThrow('key does not fit');
    await open();
    const files = unzipped(out);
    expect(files['organization.ndjson']).toEqual([
      expect.objectContaining({ id: cast.acme.id, name: 'Acme' }),
    ]);
    const emails = (files['members.ndjson'] ?? []).map((member) => (member as { email: string }).email);
    expect(emails).toEqual(expect.arrayContaining([cast.alice.email, cast.max.email]));
    expect(JSON.stringify(files)).not.toContain(cast.mallory.email);
    // One bit of it.
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(open()).rejects.toThrow('file was changed');
    await s.travel(7 * DAY_MS + 1000);
    await hurry('privacy.expire_export');
    await eventually('the key is forgotten', async () => {
      const rows = await s.database.query(
        'select from privacy_request where id = $1 and sealed_key is null',
        [exportId],
      );
      return rows.length === 1;
    });
  });
});

describe('a deletion', () => {
  test('is not made of the last super admin, by whoever may do less, or twice', async () => {
    const last = await refusalOf(privacy(cast.mallory).deleteUserData({ userId: cast.mallory.userId }));
    expect(last).toMatchObject({ code: Code.FailedPrecondition, reason: 'LAST_SUPER_ADMIN' });
    const ada = await newcomer();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 4 }, () => privacy(cast.alice).deleteUserData({ userId: ada.userId })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const again = await refusalOf(privacy(cast.alice).deleteUserData({ userId: ada.userId }));
    expect(again).toMatchObject({ code: Code.FailedPrecondition, reason: 'DELETION_PENDING' });
    const lifting = privacy(cast.alice).restrictProcessing({ userId: ada.userId, restricted: false });
    expect((await refusalOf(lifting)).reason).toBe('DELETION_PENDING');
  });

  test('shuts the person out at once, and is cancelled by whoever knows their address', async () => {
    const ada = await newcomer();
    await privacy(cast.alice).restrictProcessing({ userId: ada.userId, restricted: true });
    const { requestId, status, deletedAt } = await privacy(cast.alice).deleteUserData({ userId: ada.userId });
    expect([status, deletedAt]).toEqual([Status.PENDING, undefined]);
    expect(await standing(ada)).toEqual([UserStatus.DEACTIVATED, true]);
    await eventually(
      'Ada is shut out',
      async () => (await refusalOf(members(ada).getUser({}))).reason === 'MEMBER_DEACTIVATED',
    );
    for (const [who, confirmationEmail, code] of [
      [cast.alice, cast.alice.email, Code.InvalidArgument],
      [cast.mallory, ada.email, Code.NotFound],
    ] as const) {
      for (const call of [
        () => privacy(who).cancelDeletion({ requestId, confirmationEmail }),
        () => privacy(who).immediateDelete({ requestId, confirmationEmail }),
      ]) {
        expect((await refusalOf(call())).code).toBe(code);
      }
    }
    const confirmation = { requestId, confirmationEmail: ada.email.toUpperCase() };
    expect((await privacy(cast.alice).cancelDeletion(confirmation)).status).toBe(Status.FAILED);
    expect(await standing(ada)).toEqual([UserStatus.ACTIVE, true]);
    expect(await requestOf(requestId)).toMatchObject({
      status: Status.FAILED,
      metadata: { reason: 'cancelled' },
    });
    for (const call of [
      () => privacy(cast.alice).cancelDeletion(confirmation),
      () => privacy(cast.alice).immediateDelete(confirmation),
    ]) {
      expect((await refusalOf(call())).reason).toBe('DELETION_NOT_PENDING');
    }
    await s.travel(31 * DAY_MS);
    expect(await standing(ada)).toEqual([UserStatus.ACTIVE, true]);
  });

  test('is made after thirty days, and not before', async () => {
    const ada = await newcomer();
    const { requestId } = await privacy(cast.alice).deleteUserData({ userId: ada.userId });
    const { metadata, createdAt } = (await requestOf(requestId))!;
    const wait = new Date(metadata.scheduled_for ?? '').getTime() - timestampDate(createdAt!).getTime();
    expect(wait).toBe(30 * DAY_MS);
    await s.database.query(
      `select graphile_worker.add_job('privacy.delete', payload := json_build_object('requestId', $1::text, 'orgId', $2::text))`,
      [requestId, cast.acme.id],
    );
    await eventually(
      'the early job is through',
      async () =>
        (
          await s.database.query(
            `select from graphile_worker.jobs where task_identifier = 'privacy.delete' and run_at <= now()`,
          )
        ).length === 0,
    );
    expect(await standing(ada)).toEqual([UserStatus.DEACTIVATED, true]);
    await s.travel(30 * DAY_MS + 1000);
    await hurry('privacy.delete');
    expect(await completed(requestId)).toMatchObject({ userEmail: '', anonymize: false });
    expect((await refusalOf(members(cast.alice).getUser({ userId: ada.userId }))).code).toBe(Code.NotFound);
  });
});

test('a deletion is not made of somebody who became the last super admin', async () => {
  const boss = await addMember(s, cast.other, { email: 'boss@other.example', role: 'super_admin' });
  await prolongSessions();
  const { requestId } = await privacy(cast.mallory).deleteUserData({ userId: boss.userId });
  await s.database.query('update member set status = 2 where id = $1', [boss.userId]);
  await s.database.query('update member set status = 3 where id = $1', [cast.mallory.userId]);
  await s.database.query(`update privacy_request set scheduled_for = now() where id = $1`, [requestId]);
  await hurry('privacy.delete');
  await eventually('the deletion is given up', async () => {
    const [row] = await s.database.query('select status, reason from privacy_request where id = $1', [
      requestId,
    ]);
    const { status, reason } = row as { status: number; reason: string };
    return status === 4 && reason === 'last super admin';
  });
  await s.database.query('update member set status = 2 where id = $1', [cast.mallory.userId]);
});

describe('the lists', () => {
  test('filter, turn pages, and keep their tokens to themselves', async () => {
    const { requests } = await privacy(cast.alice).listPrivacyRequests({ pageSize: 100 });
    const pages: PrivacyRequest[] = [];
    let pageToken = '';
    do {
      const page = await privacy(cast.alice).listPrivacyRequests({ pageSize: 3, pageToken });
      pages.push(...page.requests);
      pageToken = page.nextPageToken;
    } while (pageToken);
    // Links are made anew by each call.
    expect(pages.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
    const filtered = await privacy(cast.alice).listPrivacyRequests({
      requestType: 'delete',
      status: Status.FAILED,
    });
    expect(filtered.requests.map(({ requestType, status }) => [requestType, status])).toEqual([
      ['delete', Status.FAILED],
    ]);
    const { nextPageToken } = await privacy(cast.alice).listPrivacyRequests({ pageSize: 1 });
    for (const call of [
      () => privacy(cast.mallory).listPrivacyRequests({ pageToken: nextPageToken }),
      () => privacy(cast.alice).listPrivacyRequests({ pageToken: nextPageToken, requestType: 'export' }),
      () => privacy(cast.alice).listMyPrivacyRequests({ pageToken: nextPageToken }),
    ]) {
      expect((await refusalOf(call())).fields).toEqual(['page_token']);
    }
    expect(
      (await refusalOf(privacy(cast.alice).listPrivacyRequests({ requestType: 'forget' }))).fields,
    ).toEqual(['request_type']);
    expect((await privacy(cast.erin).listMyPrivacyRequests({ requestType: 'delete' })).requests).toEqual([]);
    expect((await privacy(cast.alice).listOrgSecurityIncidents({})).incidents).toEqual([]);
    expect(await cast.alice.client(MemberService).listUsers({})).toBeDefined();
  });
});
