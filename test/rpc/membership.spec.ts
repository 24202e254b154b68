import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { decodeJwt } from 'jose';
import { v7 as uuid } from 'uuid';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { type Actor, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, invite, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { codeFor, mailsTo, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Mallory knows addresses, and invites them first. */

const notFound = { code: Code.NotFound };

let s: TestServer;
let cast: Cast;
let people = 0;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  await s.database.query(
    `insert into sso_domain (org_id, name, challenge, verified_at, created_at) values ($1, 'acme.test', '', now(), now())`,
    [cast.acme.id],
  );
});
afterAll(() => s?.stop());

const newEmail = (domain = 'example.com') => `newhire-${(people += 1)}@${domain}`;
const headersOf = ({ accessToken }: TokenPair) => ({ authorization: `Bearer ${accessToken}` });
const auth = (tokens: TokenPair) => s.client(AuthService, headersOf(tokens));
const own = (tokens: TokenPair) => s.client(MembershipService, headersOf(tokens));
const homeOf = ({ accessToken }: TokenPair) => decodeJwt(accessToken)['custom:org_id'];
const invitedBy = async (tokens: TokenPair) =>
  (await own(tokens).listInvitations({})).invitations.map(({ orgId }) => orgId).sort();
const organizationsOf = async (tokens: TokenPair) =>
  (await auth(tokens).whoAmI({})).organizations.map(({ id }) => id);

async function tokenIn(email: string, organization: string): Promise<string> {
  const mail = await eventually('the invitation', async () =>
    (await mailsTo(s, email)).find((text) => text.includes(`invited to ${organization}`)),
  );
  return new URL(/^https?:\/\/\S+$/m.exec(mail)?.[0] ?? '').searchParams.get('invitation') ?? '';
}

async function signInBy(invitationToken: string, email: string): Promise<TokenPair> {
  const code = await codeFor(s, email);
  const { tokens } = await s.client(AuthService).verifySignInCode({ email, code, invitationToken });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}

describe('signing in', () => {
  test('accepts none of several invitations; the person chooses, and is at home where they do first', async () => {
    const email = newEmail();
    await invite(cast.mallory, { email });
    const user = await invite(cast.alice, { email });
    const tokens = await signIn(s, email);
    expect(await organizationsOf(tokens)).toEqual([]);
    expect(homeOf(tokens)).toBeUndefined();
    expect(await invitedBy(tokens)).toEqual([cast.acme.id, cast.other.id].sort());
    const early = await refusalOf(
      s.client(MemberService, { ...headersOf(tokens), 'x-org-id': cast.acme.id }).getUser({}),
    );
    expect(early).toMatchObject({ code: Code.PermissionDenied, reason: 'INVITATION_OPEN' });
    expect(early.message).toContain('AcceptInvitation');

    await own(tokens).acceptInvitation({ orgId: cast.acme.id.toUpperCase() });
    expect((await auditOf(s, user.id)).at(-1)).toMatchObject({
      event_type: 'USER_INVITED',
      actor_kind: 'member',
      actor_id: user.id,
      metadata: { role: 'employee', accepted: 'by_hand' },
    });
    await own(tokens).acceptInvitation({ orgId: cast.other.id });
    const { tokens: next } = await auth(tokens).refreshToken({ refreshToken: tokens.refreshToken });
    expect(next && homeOf(next)).toBe(cast.acme.id);
  });

  test('accepts the only invitation of somebody who is nowhere, and of nobody else', async () => {
    const email = newEmail();
    const user = await invite(cast.alice, { email });
    const tokens = await signIn(s, email);
    expect(homeOf(tokens)).toBe(cast.acme.id);
    expect((await auditOf(s, user.id)).at(-1)).toMatchObject({
      metadata: { accepted: 'only_invitation' },
    });
    await invite(cast.mallory, { email });
    const again = await signIn(s, email);
    expect(await organizationsOf(again)).toEqual([cast.acme.id]);
    expect(await invitedBy(again)).toEqual([cast.other.id]);
  });

  test('accepts that of the organization whose domain the address is in, which is home', async () => {
    const email = newEmail('acme.test');
    await invite(cast.mallory, { email });
    await invite(cast.alice, { email });
    const tokens = await signIn(s, email);
    expect(homeOf(tokens)).toBe(cast.acme.id);
    expect(await invitedBy(tokens)).toEqual([cast.other.id]);

    const stray = newEmail('acme.test');
    await invite(cast.mallory, { email: stray });
    const astray = await signIn(s, stray);
    expect(homeOf(astray)).toBe(cast.other.id);
    await invite(cast.alice, { email: stray });
    expect(homeOf(await signIn(s, stray))).toBe(cast.acme.id);
  });

  test('accepts the one whose mail the person came by, and no token of somebody else’s', async () => {
    const [email, else_] = [newEmail(), newEmail()];
    for (const address of [email, else_]) {
      await invite(cast.mallory, { email: address });
      await invite(cast.alice, { email: address });
    }
    const foreign = await signInBy(await tokenIn(else_, 'Acme'), email);
    expect(await organizationsOf(foreign)).toEqual([]);
    expect(await organizationsOf(await signInBy('made up', email))).toEqual([]);
    const tokens = await signInBy(await tokenIn(email, 'Acme'), email);
    expect(await organizationsOf(tokens)).toEqual([cast.acme.id]);
    expect(await invitedBy(tokens)).toEqual([cast.other.id]);
  });

  test('twice at once accepts once', async () => {
    const email = newEmail();
    const user = await invite(cast.alice, { email });
    const codes = [await codeFor(s, email), await codeFor(s, email)];
    const client = s.client(AuthService);
    await Promise.all(codes.map((code) => client.verifySignInCode({ email, code })));
    const accepted = (await auditOf(s, user.id)).filter(
      ({ metadata }) => (metadata as { accepted?: string }).accepted,
    );
    expect(accepted).toHaveLength(1);
  });
});

describe('an invitation', () => {
  async function twiceInvited(): Promise<{ tokens: TokenPair; userId: string; email: string }> {
    const email = newEmail();
    await invite(cast.mallory, { email });
    const { id: userId } = await invite(cast.alice, { email });
    return { email, userId, tokens: await signIn(s, email) };
  }

  test('that is somebody else’s, or of no organization, is not there', async () => {
    const { tokens } = await twiceInvited();
    const elsewhere = await addOrganization(s, 'Elsewhere');
    for (const orgId of [elsewhere.id, uuid()]) {
      expect(await refusalOf(own(tokens).acceptInvitation({ orgId }))).toMatchObject(notFound);
      expect(await refusalOf(own(tokens).declineInvitation({ orgId }))).toMatchObject(notFound);
      expect(await refusalOf(own(tokens).leaveOrganization({ orgId }))).toMatchObject(notFound);
    }
    expect(await refusalOf(own(tokens).leaveOrganization({ orgId: cast.acme.id }))).toMatchObject(notFound);
  });

  test('is accepted or withdrawn, whichever comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { tokens, userId } = await twiceInvited();
      const [accepted, withdrawn] = await Promise.allSettled([
        own(tokens).acceptInvitation({ orgId: cast.acme.id }),
        members(cast.alice).revokeInvite({ userId }),
      ]);
      expect([accepted.status, withdrawn.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  test('may be accepted again, and is not of a suspended organization or one behind single sign-on', async () => {
    const { tokens } = await twiceInvited();
    const orgId = cast.other.id;
    const closed = async (column: string, reason: string) => {
      await s.database.query(`update organization set ${column} = now() where id = $1`, [orgId]);
      try {
        expect(await refusalOf(own(tokens).acceptInvitation({ orgId }))).toMatchObject({ reason });
      } finally {
        await s.database.query(`update organization set ${column} = null where id = $1`, [orgId]);
      }
    };
    await closed('suspended_at', 'ORGANIZATION_SUSPENDED');
    await closed('sso_enforced_at', 'SSO_REQUIRED');
    await Promise.all([1, 2].map(() => own(tokens).acceptInvitation({ orgId })));
    await own(tokens).acceptInvitation({ orgId });
    expect((await invitedBy(tokens)).includes(orgId)).toBe(false);
  });

  test('is turned down, and gone', async () => {
    const { tokens, userId, email } = await twiceInvited();
    await own(tokens).declineInvitation({ orgId: cast.acme.id });
    expect(await refusalOf(members(cast.alice).getUser({ userId }))).toMatchObject(notFound);
    expect((await auditOf(s, userId)).at(-1)).toMatchObject({
      event_type: 'INVITE_REVOKED',
      actor_id: userId,
      metadata: { by: 'declined' },
    });
    expect(await invitedBy(tokens)).toEqual([cast.other.id]);
    await invite(cast.alice, { email });
  });

  test('back is turned down by whoever has been in, who stays on record', async () => {
    const back = await hire(s, cast.acme);
    await members(cast.alice).deactivateUser({ userId: back.userId });
    await members(cast.alice).reactivateUser({ userId: back.userId });
    await back.client(MembershipService).declineInvitation({ orgId: cast.acme.id });
    const { user } = await members(cast.alice).getUser({ userId: back.userId });
    expect(user?.status).toBe(UserStatus.DEACTIVATED);
    const { orgId } = back;
    expect(await refusalOf(back.client(MembershipService).acceptInvitation({ orgId }))).toMatchObject(
      notFound,
    );
  });
});

describe('leaving an organization', () => {
  test('is refused to the last super admin, with an old proof, and through a provider', async () => {
    const orgId = cast.other.id;
    const last = await refusalOf(cast.mallory.client(MembershipService).leaveOrganization({ orgId }));
    expect(last).toMatchObject({ code: Code.FailedPrecondition, reason: 'LAST_SUPER_ADMIN' });

    const max = await hire(s, cast.acme);
    const tokens = s.server.app.get(AccessTokens, { strict: false });
    const { identityId, sessionId, email } = max;
    const old = await tokens.issue({ identityId, sessionId, email, provenAt: Date.now() - 3_600_000 });
    const stale = s.client(MembershipService, { authorization: `Bearer ${old.token}` });
    expect(await refusalOf(stale.leaveOrganization({ orgId: max.orgId }))).toMatchObject({
      reason: 'INSUFFICIENT_USER_AUTHENTICATION',
    });

    const eve = await hire(s, cast.acme);
    await s.database.query('update session set sso_organization_id = $2 where id = $1', [
      eve.sessionId,
      eve.orgId,
    ]);
    const vouched = eve.client(MembershipService);
    for (const call of [
      () => vouched.leaveOrganization({ orgId: eve.orgId }),
      () => vouched.listInvitations({}),
      () => vouched.acceptInvitation({ orgId: eve.orgId }),
      () => vouched.declineInvitation({ orgId: eve.orgId }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ reason: 'SESSION_OF_A_PROVIDER' });
    }
  });

  test('ends the membership at once, there and nowhere else', async () => {
    const here = await hire(s, cast.acme);
    const there: Actor = await addMember(s, cast.other, { email: here.email, role: 'employee' });
    await here.client(MemberService).getUser({});
    await here.client(MembershipService).leaveOrganization({ orgId: cast.acme.id });
    expect(await refusalOf(here.client(MemberService).getUser({}))).toMatchObject({
      code: Code.PermissionDenied,
    });
    await there.client(MemberService).getUser({});
    expect((await auditOf(s, here.userId)).at(-1)).toMatchObject({
      event_type: 'USER_DEACTIVATED',
      actor_id: here.userId,
      metadata: { by: 'left' },
    });
  });

  test('leaves one of two super admins who go at once', async () => {
    const pair = await addOrganization(s, 'Pair');
    const both = await Promise.all(
      ['one', 'two'].map((name) =>
        addMember(s, pair, { email: `${name}@pair.example`, role: 'super_admin' }),
      ),
    );
    const outcomes = await Promise.allSettled(
      both.map((who) => who.client(MembershipService).leaveOrganization({ orgId: pair.id })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
