import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { PrivacyRequestStatus as Status, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { Client } from 'pg';
import { type Actor, addMember, type Cast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { carry } from '../support/saml-provider.js';
import { newToken, newUser, patchOf, type ScimDirectory, scimDirectory } from '../support/scim.js';
import { type Person, type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

let world: SsoWorld;
let s: TestServer;
let cast: Cast;
let scim: ScimDirectory;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, cast } = world);
  scim = scimDirectory(s, await newToken(cast.alice, world.connection.id));
});
afterAll(() => world?.stop());

const privacy = (who: Actor) => who.client(PrivacyService);

async function standing(userId: string): Promise<unknown> {
  return (await members(cast.alice).getUser({ userId })).user?.status;
}

interface Doomed {
  person: Person;
  actor: Actor;
  requestId: string;
}

/** Somebody whose deletion is scheduled. */
async function doomed(anonymize = false): Promise<Doomed> {
  const person = world.newPerson();
  const actor = await addMember(s, cast.acme, { email: person.email, role: 'employee' });
  const { requestId } = await privacy(cast.alice).deleteUserData({ userId: actor.userId, anonymize });
  return { person, actor, requestId };
}

const say = (userId: string, ...operations: object[]) =>
  scim('PATCH', `/Users/${userId}`, { body: patchOf(...operations) });

async function replaceByInactive(userId: string): Promise<unknown> {
  const { body } = await scim('GET', `/Users/${userId}`);
  return scim('PUT', `/Users/${userId}`, { body: { ...body, active: false } });
}

describe('whoever is to be deleted does not come back', () => {
  test('by ReactivateUser, until the deletion is cancelled', async () => {
    const { actor, person, requestId } = await doomed();
    const { userId } = actor;
    const refusal = await refusalOf(members(cast.alice).reactivateUser({ userId }));
    expect(refusal).toMatchObject({ code: Code.FailedPrecondition, reason: 'DELETION_PENDING' });
    expect(refusal.message).toContain('cancel it before');
    expect(await standing(userId)).toBe(UserStatus.DEACTIVATED);
    await privacy(cast.alice).cancelDeletion({ requestId, confirmationEmail: person.email });
    await members(cast.alice).deactivateUser({ userId });
    await members(cast.alice).reactivateUser({ userId });
    expect(await standing(userId)).toBe(UserStatus.INVITED);
  });

  test('by their directory, in any of its ways', async () => {
    const { actor, person, requestId } = await doomed();
    const path = `/Users/${actor.userId}`;
    const user = newUser({ userName: person.email });
    const active = { op: 'replace', path: 'active', value: true };
    for (const [method, where, body] of [
      ['PATCH', path, patchOf(active)],
      ['PUT', path, { ...user, active: true }],
    ] as const) {
      const reply = await scim(method, where, { body });
      expect({ method, status: reply.status }).toEqual({ method, status: 409 });
      expect(reply.body.detail).toContain('cancel it before');
    }
    expect((await scim('POST', '/Users', { body: user })).status).toBe(409);
    expect(await standing(actor.userId)).toBe(UserStatus.DEACTIVATED);
    // What it says otherwise is taken, and where the person stood comes back with them.
    const { status } = await scim('PATCH', path, {
      body: patchOf({ op: 'replace', path: 'title', value: 'Clerk' }),
    });
    expect(status).toBe(200);
    await scim('DELETE', path);
    expect((await scim('POST', '/Users', { body: user })).status).toBe(409);
    await privacy(cast.alice).cancelDeletion({ requestId, confirmationEmail: person.email });
    expect((await scim('POST', '/Users', { body: user })).status).toBe(201);
    expect(await standing(actor.userId)).toBe(UserStatus.ACTIVE);
  });

  test.each([
    [
      'DeactivateUser',
      'USER_DEACTIVATED',
      (userId: string) => members(cast.alice).deactivateUser({ userId }),
    ],
    [
      'an operation of SCIM',
      'SCIM_USER_DEPROVISIONED',
      (userId: string) => say(userId, { op: 'replace', path: 'active', value: false }),
    ],
    ['a whole user of SCIM', 'SCIM_USER_DEPROVISIONED', replaceByInactive],
    ['DELETE of SCIM', 'SCIM_USER_DEPROVISIONED', (userId: string) => scim('DELETE', `/Users/${userId}`)],
  ])('by a cancellation, once they were shut out by %s', async (_, event, shutOut) => {
    const { actor, person, requestId } = await doomed();
    const untouched = await doomed();
    await shutOut(actor.userId);
    expect((await auditOf(s, actor.userId)).map((row) => row.event_type)).toContain(event);
    // Whoever says something else about them does not say this.
    await say(untouched.actor.userId, { op: 'replace', path: 'title', value: 'Clerk' });
    for (const { requestId: id, person: who } of [{ requestId, person }, untouched]) {
      await privacy(cast.alice).cancelDeletion({ requestId: id, confirmationEmail: who.email });
    }
    expect(await standing(actor.userId)).toBe(UserStatus.DEACTIVATED);
    expect(await standing(untouched.actor.userId)).toBe(UserStatus.ACTIVE);
    await members(cast.alice).reactivateUser({ userId: actor.userId });
    expect(await standing(actor.userId)).toBe(UserStatus.INVITED);
  });

  test('by a cancellation at the moment in which they are shut out: the last word counts, and neither fails', async () => {
    for (let round = 0; round < 8; round++) {
      const { actor, person, requestId } = await doomed();
      const { userId } = actor;
      await Promise.all([
        privacy(cast.alice).cancelDeletion({ requestId, confirmationEmail: person.email }),
        members(cast.alice).deactivateUser({ userId }),
      ]);
      expect(await standing(userId)).toBe(UserStatus.DEACTIVATED);
    }
  });

  test('by single sign-on', async () => {
    const { actor, person } = await doomed();
    const { url } = await world.begin();
    await carry(s, world.connection.id, world.provider.answer(url, person));
    expect(await world.lastLogin()).toMatchObject({
      reason: 'member_deactivated',
      outcome: LoginOutcome.REFUSED,
    });
    expect(await standing(actor.userId)).toBe(UserStatus.DEACTIVATED);
  });

  test('by an invitation that they accept at the moment in which they are shut out', async () => {
    const { email } = world.newPerson();
    const guest = await addMember(s, cast.acme, { email, role: 'employee', status: UserStatus.INVITED });
    const { inviteLink } = await cast.alice.client(InviteLinkService).createInviteLink({ maxUses: 5 });
    const holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('update member set status = 3 where id = $1', [guest.userId]);
    const joining = refusalOf(
      guest.client(InviteLinkService).redeemInviteLink({ token: inviteLink?.token ?? '' }),
    );
    await eventually('the link waits for the row', async () => {
      const waiting = `select from pg_stat_activity
        where wait_event_type = 'Lock' and query ~ 'member' and datname = current_database()`;
      return (await s.database.query(waiting)).length > 0;
    });
    await holder.query('commit');
    await holder.end();
    expect((await joining).reason).toBe('MEMBER_DEACTIVATED');
    expect(await standing(guest.userId)).toBe(UserStatus.DEACTIVATED);
  });

  test('once they are anonymized', async () => {
    const { actor, person, requestId } = await doomed(true);
    await privacy(cast.alice).immediateDelete({ requestId, confirmationEmail: person.email });
    await eventually('the deletion is made', async () => {
      const { requests } = await privacy(cast.alice).listPrivacyRequests({ requestType: 'delete' });
      return requests.find(({ id }) => id === requestId)?.status === Status.COMPLETED;
    });
    const { userId } = actor;
    const refusal = await refusalOf(members(cast.alice).reactivateUser({ userId }));
    expect(refusal).toMatchObject({ code: Code.FailedPrecondition, reason: 'MEMBER_DELETED' });
    // To their directory they are nobody.
    const body = patchOf({ op: 'replace', path: 'active', value: true });
    expect((await scim('GET', `/Users/${userId}`)).status).toBe(404);
    expect((await scim('PATCH', `/Users/${userId}`, { body })).status).toBe(404);
  });
});

test('a former address of somebody whom their directory has moved is not kept', async () => {
  const { email } = world.newPerson();
  const elsewhere = world.newPerson().email;
  for (const [address, organizations] of [
    [email, [cast.acme]],
    [elsewhere, [cast.acme, cast.other]],
  ] as const) {
    let userId = '';
    for (const organization of organizations.toReversed()) {
      ({ userId } = await addMember(s, organization, { email: address, role: 'employee' }));
    }
    const body = newUser({ userName: world.newPerson().email });
    expect((await scim('PUT', `/Users/${userId}`, { body })).status).toBe(200);
  }
  const kept = await s.database.query('select email from identity where email = any($1)', [
    [email, elsewhere],
  ]);
  // Whoever is somebody elsewhere stays it.
  expect(kept).toEqual([{ email: elsewhere }]);
});
