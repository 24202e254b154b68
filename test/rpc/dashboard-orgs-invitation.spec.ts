import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import {
  InvitationStatus,
  type OrgInvitation,
  OrgRole,
  OrgsService,
} from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { type Invitee, SignInInvitations } from '../../src/modules/people/member/index.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { Scopes } from '../../src/platform/scope/index.js';
import {
  type Actor,
  addMember,
  addOrganization,
  type Cast,
  seedCast,
  type TestOrganization,
} from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, invite as inviteElsewhere, members, newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { mailsTo, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const { ADMIN, MEMBER, VIEWER } = OrgRole;
const { PENDING, ACCEPTED } = InvitationStatus;
const DAY_MS = 24 * 60 * 60_000;
const alreadyPending = { code: Code.AlreadyExists, reason: 'INVITATION_ALREADY_PENDING' };
const notFound = { code: Code.NotFound, reason: 'INVITATION_NOT_FOUND' };
const notPending = { code: Code.FailedPrecondition, reason: 'INVITATION_NOT_PENDING' };
const sendLimit = { code: Code.FailedPrecondition, reason: 'INVITATION_SEND_LIMIT' };

let s: TestServer;
let cast: Cast;
let acme: { orgId: string };

beforeAll(async () => {
  s = await startTestServer({ env: { DASHBOARD_URL: 'https://stats.acme.example/' } });
  cast = await seedCast(s);
  acme = { orgId: cast.acme.id };
});
afterAll(() => s?.stop());

const orgs = (who: Actor = cast.alice) => who.client(OrgsService);

async function invite(email = newEmail(), role = VIEWER): Promise<OrgInvitation> {
  const { invitation } = await orgs().inviteMember({ ...acme, email, role });
  if (!invitation) throw new Error('No invitation came back.');
  return invitation;
}

/** Tokens in the mails to an address, oldest first. */
async function tokensOf(email: string, atLeast = 1): Promise<string[]> {
  return eventually('the invitations', async () => {
    const mails = await mailsTo(s, email);
    const links = mails.flatMap(
      (mail) => /^https:\/\/stats\.acme\.example\/magic-link\?token=(\S+)$/m.exec(mail)?.[1] ?? [],
    );
    return links.length >= atLeast && links;
  });
}

/** Whom a link signs in. */
function behind(token = ''): Promise<Invitee | undefined> {
  const { app } = s.server;
  return app
    .get(Scopes)
    .run({ caller: { kind: 'anonymous' }, requestId: 'link' }, (scope) =>
      app.get(SignInInvitations, { strict: false }).findForSignIn(scope, token),
    );
}

async function accept(email: string, orgId = cast.acme.id): Promise<void> {
  const { accessToken } = await signIn(s, email);
  const own = s.client(MembershipService, { authorization: `Bearer ${accessToken}` });
  await own.acceptInvitation({ orgId });
}

async function freshPlace(): Promise<{ place: TestOrganization; orgId: string; owner: Actor }> {
  const place = await addOrganization(s, 'Place');
  return { place, orgId: place.id, owner: await hire(s, place, 'super_admin') };
}

describe('an invitation is refused', () => {
  test('for a member, and for an address that is invited, in whatever case it is written', async () => {
    const { email } = await invite();
    const max = ` ${cast.max.email.toUpperCase()}`.trim();
    expect(await refusalOf(invite(max))).toMatchObject({
      code: Code.AlreadyExists,
      reason: 'ORG_MEMBER_ALREADY_EXISTS',
    });
    expect(await refusalOf(invite(email.toUpperCase()))).toMatchObject(alreadyPending);
    const employee = await refusalOf(invite(cast.erin.email));
    expect(employee).toMatchObject({ reason: 'ORG_MEMBER_ALREADY_EXISTS' });
    expect(employee.message).toContain('another role');
    const { email: expected } = await inviteElsewhere(cast.alice);
    expect(await refusalOf(invite(expected))).toMatchObject(alreadyPending);
  });

  test.each([
    ['what is no address', 'ada'],
    ['no address', ''],
    ['an address that hides a character', 'a\u200bb@acme.example'],
    ['a long address', `${'x'.repeat(250)}@acme.example`],
  ])('for %s', async (_what, email) => {
    expect(await refusalOf(invite(email))).toMatchObject({ code: Code.InvalidArgument, fields: ['email'] });
  });

  test('to a role that is not defined', async () => {
    const refused = await refusalOf(invite(newEmail(), 9 as OrgRole)); // as a newer client could send
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['role'] });
  });

  test('to who signed in long ago', async () => {
    const { identityId, sessionId, email } = cast.alice;
    const provenAt = Date.now() - 60 * 60_000;
    const { token } = await s.server.app
      .get(AccessTokens, { strict: false })
      .issue({ identityId, sessionId, email, provenAt });
    const stale = s.client(OrgsService, { authorization: `Bearer ${token}` });
    const customerId = cast.max.identityId;
    const grants = [
      stale.inviteMember({ ...acme, email: newEmail() }),
      stale.removeMember({ ...acme, customerId }),
      stale.updateMemberRole({ ...acme, customerId, role: VIEWER }),
      stale.leave(acme),
    ];
    for (const { message } of await refusalsOf(grants)) expect(message).toMatch(/sign-in at most 10 minutes/);
    expect((await stale.listInvitations(acme)).invitations).toBeDefined();
  });

  test('of one person by many at once, but for one, who get one mail', async () => {
    const email = newEmail();
    const ada = await hire(s, cast.acme, 'admin');
    const outcomes = await Promise.allSettled(
      [cast.alice, ada, cast.alice].map((who) => orgs(who).inviteMember({ ...acme, email, role: MEMBER })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(await refusalOf(Promise.reject(outcome.reason as Error))).toMatchObject(alreadyPending);
      }
    }
    expect(await tokensOf(email)).toHaveLength(1);
  });
});

describe('an invitation of another organization', () => {
  test('is neither found, sent nor revoked', async () => {
    const { id: invitationId, email } = await invite();
    const [token] = await tokensOf(email);
    const theirs = { orgId: cast.other.id };
    const refused = await refusalsOf([
      orgs(cast.mallory).resendInvite({ ...theirs, invitationId }),
      orgs(cast.mallory).revokeInvite({ ...theirs, invitationId }),
      orgs(cast.mallory).revokeInvite({ ...theirs, invitationId: 'x' }),
    ]);
    for (const refusal of refused) expect(refusal).toMatchObject(notFound);
    expect((await orgs(cast.mallory).listInvitations(theirs)).invitations).toEqual([]);
    expect(await behind(token)).toMatchObject({ email, orgId: cast.acme.id });
  });
});

describe('a link', () => {
  test('leads to the dashboard and signs in the invited person alone', async () => {
    const email = newEmail();
    const invitation = await invite(email.toUpperCase());
    expect(invitation).toMatchObject({ email, orgId: cast.acme.id, status: PENDING, role: VIEWER });
    expect(invitation.expiresAt).toMatch(/^[\d-]{10}T\d\d:\d\d:\d\dZ$/);
    expect(Math.round((Date.parse(invitation.expiresAt) - Date.now()) / DAY_MS)).toBe(7);
    const [token = ''] = await tokensOf(email);
    expect(await behind(token)).toMatchObject({ email, orgId: cast.acme.id, userId: invitation.id });
    for (const forged of [`${token}x`, token.slice(0, -2), '', 'x'.repeat(10_000)]) {
      expect(await behind(forged)).toBeUndefined();
    }
    const [mail] = await s.database.query<{ subject: string }>(
      'select subject from captured_mail where recipient = $1',
      [email],
    );
    expect(mail?.subject).toMatch(/^alice-\w+ invited you to join Acme$/);
    expect(await auditOf(s, invitation.id)).toMatchObject([
      { event_type: 'USER_INVITED', actor_id: cast.alice.userId, metadata: { role: 'analytics_viewer' } },
    ]);
  });

  test('followed, ends in a session of a member, once, and in no organization but the one that invited', async () => {
    const { id: invitationId, email } = await invite();
    const [first] = await tokensOf(email);
    await s.travel(1000);
    await orgs().resendInvite({ ...acme, invitationId });
    const [, token] = await tokensOf(email, 2);
    const follow = (given = '') => s.client(AuthService).completeMagicLink({ token: given });
    expect((await refusalOf(follow(first))).reason).toBe('INVALID_TOKEN');
    const followed = await Promise.allSettled([follow(token), follow(token), follow(token)]);
    const [pair, ...others] = followed.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    expect(others).toEqual([]);
    expect((await refusalOf(follow(token))).reason).toBe('INVALID_TOKEN');
    const headers = { authorization: `Bearer ${pair?.token}` };
    const { orgs: own } = await s.client(OrgsService, headers).list({});
    expect(own).toMatchObject([{ id: cast.acme.id, role: VIEWER }]);
    const { customerId } = await s.client(CustomersService, headers).getMe({});
    expect((await orgs().listMembers(acme)).members.at(-1)).toMatchObject({ customerId, email });

    const revoked = await invite();
    const [late] = await tokensOf(revoked.email);
    await orgs().revokeInvite({ ...acme, invitationId: revoked.id });
    expect((await refusalOf(follow(late))).reason).toBe('INVALID_TOKEN');
  });

  test('of an ordinary invitation does not sign in', async () => {
    const { email } = await inviteElsewhere(cast.alice);
    const mail = await eventually('the mail', async () => (await mailsTo(s, email))[0]);
    const [, token] = /invitation=(\S+)/.exec(mail) ?? [];
    expect(token).toBeDefined();
    expect(await behind(token)).toBeUndefined();
  });

  test('stops working once the invitation is mailed again, revoked or accepted', async () => {
    const { id: invitationId, email } = await invite();
    const [first] = await tokensOf(email);
    await s.travel(1000);
    await orgs().resendInvite({ ...acme, invitationId: invitationId.toUpperCase() });
    const [, second] = await tokensOf(email, 2);
    expect(await behind(first)).toBeUndefined();
    expect(await behind(second)).toMatchObject({ email });
    await orgs().revokeInvite({ ...acme, invitationId });
    expect(await behind(second)).toBeUndefined();
    expect(await auditOf(s, invitationId)).toMatchObject([
      { event_type: 'USER_INVITED' },
      { event_type: 'USER_INVITED', metadata: { mailed: 'again' } },
      { event_type: 'INVITE_REVOKED' },
    ]);
    const other = await invite();
    const [token] = await tokensOf(other.email);
    await accept(other.email);
    expect(await behind(token)).toBeUndefined();
  });

  test('leads to the sign-in page of an organization that enforces single sign-on', async () => {
    const { orgId, owner } = await freshPlace();
    const email = newEmail();
    // The server remembers the organization without enforcement: the owner has no session of a provider.
    await orgs(owner).get({ orgId });
    await s.database.query('update organization set sso_enforced_at = now() where id = $1', [orgId]);
    await orgs(owner).inviteMember({ orgId, email });
    const mail = await eventually('the mail', async () => (await mailsTo(s, email))[0]);
    expect(mail).toMatch(/\/sign-in\?invitation=/);
    expect(mail).not.toContain('magic-link');
  });
});

describe('an open invitation', () => {
  test('is mailed ten times a day at most, also when two ask for the last mail at once', async () => {
    const { orgId, owner } = await freshPlace();
    const email = newEmail();
    const { invitation } = await orgs(owner).inviteMember({ orgId, email });
    const again = { orgId, invitationId: invitation?.id };
    for (let sent = 1; sent < 9; sent += 1) await orgs(owner).resendInvite(again);
    const last = await Promise.allSettled([orgs(owner).resendInvite(again), orgs(owner).resendInvite(again)]);
    expect(last.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusalOf(orgs(owner).resendInvite(again))).toMatchObject(sendLimit);
    // Neither a new invitation nor another organization of the same person adds mails.
    await orgs(owner).revokeInvite(again);
    expect(await refusalOf(orgs(owner).inviteMember({ orgId, email }))).toMatchObject(sendLimit);
    const { org } = await orgs(owner).create({ displayName: 'Elsewhere' });
    expect(await refusalOf(orgs(owner).inviteMember({ orgId: org?.id, email }))).toMatchObject(sendLimit);
    await s.travel(DAY_MS);
    expect((await orgs(owner).inviteMember({ orgId, email })).invitation?.email).toBe(email);
  });

  test('is over after seven days, in every way, until it is mailed again', async () => {
    const invitation = await invite();
    const { id: invitationId, email } = invitation;
    const [token] = await tokensOf(email);
    await s.travel(7 * DAY_MS);
    expect(await behind(token)).toBeUndefined();
    expect((await refusalOf(accept(email))).code).toBe(Code.NotFound);
    const listed = (await orgs().listInvitations(acme)).invitations.find(({ id }) => id === invitationId);
    expect(listed).toEqual(invitation);
    const again = await orgs().resendInvite({ ...acme, invitationId });
    expect(again.invitation?.expiresAt.localeCompare(invitation.expiresAt)).toBe(1);
    await accept(email);
  });

  test('is accepted once, then neither sent nor revoked', async () => {
    const { id: invitationId, email } = await invite(newEmail(), MEMBER);
    await accept(email);
    const refused = await refusalsOf([
      orgs().resendInvite({ ...acme, invitationId }),
      orgs().revokeInvite({ ...acme, invitationId }),
    ]);
    for (const refusal of refused) expect(refusal).toMatchObject(notPending);
    const { members: listed } = await orgs().listMembers(acme);
    expect(listed.at(-1)).toMatchObject({ email, role: MEMBER });
    const found = (await orgs().listInvitations(acme)).invitations.find(({ id }) => id === invitationId);
    expect(found?.status).toBe(ACCEPTED);
  });

  test('is accepted or revoked, never both', async () => {
    const rounds = Array.from({ length: 5 }, async () => {
      const { id: invitationId, email } = await invite();
      const { accessToken } = await signInElsewhere(email);
      const own = s.client(MembershipService, { authorization: `Bearer ${accessToken}` });
      const outcomes = await Promise.allSettled([
        own.acceptInvitation({ orgId: cast.acme.id }),
        orgs().revokeInvite({ ...acme, invitationId }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });
    await Promise.all(rounds);
  });

  test('cannot be accepted once it is revoked; the person has no account left', async () => {
    const { id: invitationId, email } = await invite();
    await orgs().revokeInvite({ ...acme, invitationId });
    expect(await refusalOf(orgs().revokeInvite({ ...acme, invitationId }))).toMatchObject(notFound);
    expect(await s.database.query('select id from identity where email = $1', [email])).toEqual([]);
    expect((await refusalOf(accept(email))).code).toBe(Code.NotFound);
  });

  test('made elsewhere shows with its role, does not expire, and can be sent from here', async () => {
    const { orgId, owner, place } = await freshPlace();
    const old = await inviteElsewhere(owner, { roleId: place.roles.manager });
    await inviteElsewhere(owner);
    const { invitations } = await orgs(owner).listInvitations({ orgId });
    expect(invitations).toMatchObject([
      { id: old.id, role: MEMBER, expiresAt: '9999-12-31T23:59:59Z', status: PENDING },
    ]);
    const { invitation } = await orgs(owner).resendInvite({ orgId, invitationId: old.id });
    expect(invitation).toMatchObject({ id: old.id, role: MEMBER });
    expect(invitation?.expiresAt).not.toMatch(/^9999/);
  });

  test('newest first', async () => {
    const { orgId, owner } = await freshPlace();
    const ids: (string | undefined)[] = [];
    for (const role of [ADMIN, OrgRole.UNSPECIFIED, VIEWER]) {
      const { invitation } = await orgs(owner).inviteMember({ orgId, email: newEmail(), role });
      ids.unshift(invitation?.id);
      await s.travel(1000);
    }
    const { invitations } = await orgs(owner).listInvitations({ orgId });
    expect(invitations.map(({ id }) => id)).toEqual(ids);
    expect(invitations.map(({ role }) => role)).toEqual([VIEWER, MEMBER, ADMIN]);
  });
});

describe('a former member', () => {
  test('is invited back, to another role, and out again when the invitation is revoked', async () => {
    const { orgId, owner, place } = await freshPlace();
    const former = await hire(s, place, 'manager');
    await orgs(owner).removeMember({ orgId, customerId: former.identityId });
    const { email } = former;
    const { invitation } = await orgs(owner).inviteMember({ orgId, email, role: VIEWER });
    expect(invitation).toMatchObject({ id: former.userId, role: VIEWER, status: PENDING });
    expect((await auditOf(s, former.userId)).slice(1)).toMatchObject([
      { event_type: 'USER_REACTIVATED', metadata: { role: 'analytics_viewer' } },
      { event_type: 'ROLE_CHANGED', metadata: { from: 'manager', to: 'analytics_viewer' } },
    ]);
    await refusalOf(orgs(former).get({ orgId }));
    // It has left before the next one: of two at once either may be the first.
    await tokensOf(email);
    await orgs(owner).revokeInvite({ orgId, invitationId: invitation?.id });
    const member = await s.database.query('select status from member where id = $1', [former.userId]);
    expect(member).toEqual([{ status: UserStatus.DEACTIVATED }]);

    await orgs(owner).inviteMember({ orgId, email, role: MEMBER });
    const [, token] = await tokensOf(email, 2);
    expect(await behind(token)).toMatchObject({ userId: former.userId });
    await accept(email, orgId);
    const { org } = await orgs(former).get({ orgId });
    expect(org?.role).toBe(MEMBER);
  });

  test('who may do more than the caller is not invited back', async () => {
    const { place, orgId } = await freshPlace();
    const partner = await hire(s, place, 'admin');
    const boss = await addMember(s, place, {
      email: newEmail(),
      role: 'super_admin',
      status: UserStatus.DEACTIVATED,
    });
    const refused = await refusalOf(orgs(partner).inviteMember({ orgId, email: boss.email }));
    expect(refused.code).toBe(Code.PermissionDenied);
    expect(await members(partner).getUser({ userId: boss.userId })).toMatchObject({
      user: { status: UserStatus.DEACTIVATED },
    });
  });
});

/** With a second invitation, so that signing in accepts neither. */
async function signInElsewhere(email: string) {
  await inviteElsewhere(cast.mallory, { email });
  return signIn(s, email);
}
