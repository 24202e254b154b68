import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { PrivacyRequestStatus as Status, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { Permission as P } from '../../src/platform/access/index.js';
import { FileObjects } from '../../src/platform/object-store/file-objects.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-privacy-'));
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

const privacy = (who: Actor) => who.client(PrivacyService);

async function statusOf(id: string): Promise<Status | undefined> {
  const { requests } = await privacy(cast.alice).listPrivacyRequests({ pageSize: 100 });
  return requests.find((request) => request.id === id)?.status;
}

const until = (id: string, wanted: Status) =>
  eventually('the request has ended', async () => (await statusOf(id)) === wanted);

async function bundles(): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.includes('privacy') && file.endsWith('.zip'));
}

/** Bundles are written when `open` is called, and not before. */
function holdBundles(): { waiting: () => boolean; open: () => void } {
  const put = FileObjects.prototype.put;
  const gate = Promise.withResolvers<void>();
  const spy = jest.spyOn(FileObjects.prototype, 'put').mockImplementation(async function (
    this: FileObjects,
    ...given
  ) {
    await gate.promise;
    return put.apply(this, given);
  });
  return { waiting: () => spy.mock.calls.length > 0, open: gate.resolve };
}

async function deleteNow(who: Actor): Promise<string> {
  const { requestId } = await privacy(cast.alice).deleteUserData({ userId: who.userId });
  await privacy(cast.alice).immediateDelete({ requestId, confirmationEmail: who.email });
  return requestId;
}

describe('of an export and a deletion at once', () => {
  test('the deletion wins, and no bundle stays', async () => {
    const ada = await hire(s, cast.acme);
    const held = holdBundles();
    const { exportId } = await privacy(cast.alice).exportUserData({ userId: ada.userId });
    await eventually('the bundle is to be written', async () => held.waiting());
    await until(await deleteNow(ada), Status.COMPLETED);
    expect(await statusOf(exportId)).toBe(Status.FAILED);
    held.open();
    await eventually('the bundle was written and removed', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'privacy.export'`,
      );
      return jobs.length === 0 && (await bundles()).length === 0;
    });
    expect(await statusOf(exportId)).toBe(Status.FAILED);
  });

  test('a bundle goes that a run had left which was cut off', async () => {
    const bob = await hire(s, cast.acme);
    const { exportId } = await privacy(cast.alice).exportUserData({ userId: bob.userId });
    await until(exportId, Status.COMPLETED);
    expect(await bundles()).toHaveLength(1);
    await s.database.query(`update privacy_request set status = 4 where id = $1`, [exportId]);
    await s.database.query(
      `select graphile_worker.add_job('privacy.export', payload := json_build_object('requestId', $1::text, 'orgId', $2::text))`,
      [exportId, cast.acme.id],
    );
    await eventually('the bundle is gone', async () => (await bundles()).length === 0);
  });

  test('none begins once the deletion has', async () => {
    const eve = await hire(s, cast.acme);
    const { requestId } = await privacy(cast.alice).deleteUserData({ userId: eve.userId });
    const { exportId } = await privacy(cast.alice).exportUserData({ userId: eve.userId });
    await until(exportId, Status.COMPLETED);
    await s.database.query(`update privacy_request set status = 2 where id = $1`, [requestId]);
    const refusal = await refusalOf(privacy(cast.alice).exportUserData({ userId: eve.userId }));
    expect(refusal).toMatchObject({ code: Code.FailedPrecondition, reason: 'DELETION_BEGUN' });
  });
});

test('a deletion is made, cancelled or hastened by nobody who may do less than whom it is about', async () => {
  const boss = await addMember(s, cast.acme, { email: 'boss@acme.example', role: 'super_admin' });
  const { requestId } = await privacy(cast.alice).deleteUserData({ userId: boss.userId });
  const { role } = await cast.alice
    .client(RoleService)
    .createRole({ name: 'Clerk', permissions: [P.PRIVACY_READ, P.PRIVACY_WRITE] });
  // In the place of another role of the cast.
  const roles = { ...cast.acme.roles, employee: role?.id ?? '' };
  const clerk = await addMember(
    s,
    { ...cast.acme, roles },
    { email: 'clerk@acme.example', role: 'employee' },
  );
  const decision = { requestId, confirmationEmail: boss.email };
  const calls = [
    privacy(clerk).deleteUserData({ userId: cast.alice.userId }),
    privacy(clerk).cancelDeletion(decision),
    privacy(clerk).immediateDelete(decision),
  ];
  for (const refused of await refusalsOf(calls)) {
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'MEMBER_EXCEEDS_OWN' });
  }
  expect(await statusOf(requestId)).toBe(Status.PENDING);
});
