import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { type InviteLink, InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import {
  type Actor,
  addMember,
  addOrganization,
  type Cast,
  seedCast,
  type TestOrganization,
} from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo, signIn } from '../support/sign-in.js';
import { stopClock } from '../support/stop-clock.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const hour = 60 * 60_000;
const unknownId = '0199aaaa-0000-7000-8000-000000000000';
const unknown = { code: Code.NotFound, reason: 'INVITE_LINK_NOT_FOUND' };
const inactive = { code: Code.FailedPrecondition, reason: 'INVITE_LINK_INACTIVE' };

let s: TestServer;
let proxied: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { SIGN_UP: 'invited', APP_URL: 'https://app.acme.example/' } });
  proxied = await startTestServer({
    database: s.database,
    env: { SIGN_UP: 'invited', TRUSTED_PROXIES: '127.0.0.1,::1' },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await proxied?.stop();
  await s?.stop();
});

const links = (who: Actor) => who.client(InviteLinkService);

async function create(
  who: Actor,
  request: Partial<{
    roleId: string;
    maxUses: number;
    expiresInHours: number;
    dataGovernanceRegion: string;
  }> = {},
): Promise<InviteLink> {
  const { inviteLink } = await links(who).createInviteLink(request);
  if (!inviteLink) throw new Error('No link came back.');
  return inviteLink;
}

const use = (who: Actor, token: string) => links(who).redeemInviteLink({ token });

/** Somebody who is known, and in nothing that matters here. */
const stranger = () => addMember(s, cast.other, { email: newEmail(), role: 'employee' });

/** Each call from an address of its own: the limit has a test of its own. */
let addresses = 0;
function validate(token: string, email = newEmail(), address = `10.0.0.${(addresses += 1)}`) {
  return proxied
    .client(InviteLinkService, { 'x-forwarded-for': address })
    .validateInviteLink({ token, email });
}

async function memberIn({ id }: TestOrganization, { identityId }: Actor) {
  const [row] = await s.database.query<{ id: string; status: number; role_id: string; region: string }>(
    'select id, status, role_id, data_governance_region as region from member where org_id = $1 and identity_id = $2',
    [id, identityId],
  );
  return row;
}

const usesOf = async (linkId: string) =>
  (
    await s.database.query<{ uses: number }>('select use_count as uses from invite_link where id = $1', [
      linkId,
    ])
  )[0]?.uses;

describe('making a link is refused', () => {
  test('without the permission, and to a role that may do more or is not there', async () => {
    expect(await refusalOf(create(cast.erin))).toMatchObject({ reason: 'PERMISSION_MISSING' });
    const above = await refusalOf(create(cast.max, { roleId: cast.acme.roles.super_admin }));
    expect(above).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    for (const roleId of [unknownId, cast.other.roles.employee]) {
      expect(await refusalOf(create(cast.alice, { roleId }))).toMatchObject({ reason: 'ROLE_NOT_FOUND' });
    }
  });

  test('with numbers and regions that are none', async () => {
    for (const [request, field] of [
      [{ maxUses: -1 }, 'max_uses'],
      [{ expiresInHours: 8761 }, 'expires_in_hours'],
      [{ expiresInHours: -1 }, 'expires_in_hours'],
      [{ dataGovernanceRegion: 'MARS' }, 'data_governance_region'],
      [{ roleId: 'x' }, 'role_id'],
    ] as const) {
      const refused = await refusalOf(create(cast.alice, request));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
    }
  });

  test('beyond two hundred active ones', async () => {
    const crowded = await addOrganization(s, 'Crowded');
    const admin = await addMember(s, crowded, { email: newEmail(), role: 'super_admin' });
    const last = await create(admin);
    await s.database.query(
      `insert into invite_link (org_id, id, token_hash, sealed_token, role_id, max_uses, created_by, created_at)
       select org_id, gen_random_uuid(), sha256(n::text::bytea), '', role_id, 0, created_by, created_at - interval '1 day'
         from invite_link, generate_series(1, 199) n where id = $1`,
      [last.id],
    );
    expect(await refusalOf(create(admin))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'INVITE_LINK_LIMIT',
    });
    await links(admin).revokeInviteLink({ inviteLinkId: last.id });
    await create(admin);
  });
});

describe('a link', () => {
  test('is made as asked, and its secret is nowhere in clear', async () => {
    const before = Date.now();
    const { inviteLink: link, url } = await links(cast.alice).createInviteLink({
      maxUses: 3,
      expiresInHours: 2,
      dataGovernanceRegion: 'EU',
    });
    expect(link?.token).toMatch(/^[\w-]{43}$/);
    expect(url).toBe(`https://app.acme.example/join?token=${link?.token}`);
    expect(link).toMatchObject({
      roleId: cast.acme.roles.employee,
      maxUses: 3,
      useCount: 0,
      createdBy: cast.alice.userId,
      dataGovernanceRegion: 'EU',
    });
    expect(Number(link?.expiresAt?.seconds) * 1000 - before).toBeGreaterThan(2 * hour - 2000);
    const [row] = await s.database.query<{ row: string }>(
      'select l::text as row from invite_link l where id = $1',
      [link?.id],
    );
    expect(row?.row).not.toContain(link?.token);
    expect(row?.row).not.toContain(Buffer.from(link?.token ?? '').toString('hex'));
    expect(JSON.stringify(s.logLines())).not.toContain(link?.token);
    expect(await auditOf(s, link?.id ?? '')).toMatchObject([{ event_type: 'INVITE_LINK_CREATED' }]);
  });

  test('is listed in every state, newest first, to those who invite here', async () => {
    const admin = await hire(s, cast.acme, 'super_admin');
    const first = await create(admin);
    const second = await create(admin, { maxUses: 1 });
    await links(admin).revokeInviteLink({ inviteLinkId: first.id });
    const { inviteLinks } = await links(admin).listInviteLinks({});
    expect(inviteLinks.slice(0, 2).map(({ id, token }) => ({ id, token }))).toEqual([
      { id: second.id, token: second.token },
      { id: first.id, token: first.token },
    ]);
    expect(inviteLinks[1]?.revokedAt).toBeDefined();
    const foreign = await links(cast.mallory).listInviteLinks({});
    expect(foreign.inviteLinks).toEqual([]);
    expect(await refusalOf(links(cast.erin).listInviteLinks({}))).toMatchObject({
      reason: 'PERMISSION_MISSING',
    });
  });

  test('to a role that may do more is listed without its secret', async () => {
    const powerful = await create(cast.alice, { roleId: cast.acme.roles.super_admin });
    const { inviteLinks } = await links(cast.max).listInviteLinks({});
    expect(inviteLinks.find(({ id }) => id === powerful.id)?.token).toBe('');
    expect(
      inviteLinks.filter(({ roleId }) => roleId === cast.acme.roles.employee).every(({ token }) => token),
    ).toBe(true);
  });

  test('is revoked once, by its organization only', async () => {
    const { id, token } = await create(cast.alice);
    const theft = refusalOf(links(cast.mallory).revokeInviteLink({ inviteLinkId: id }));
    expect(await theft).toMatchObject(unknown);
    for (let times = 0; times < 2; times += 1) await links(cast.max).revokeInviteLink({ inviteLinkId: id });
    const trail = await auditOf(s, id);
    expect(trail.map(({ event_type }) => event_type)).toEqual(['INVITE_LINK_CREATED', 'INVITE_LINK_REVOKED']);
    expect(await refusalOf(use(await stranger(), token))).toMatchObject(inactive);
    expect(await refusalOf(validate(token))).toMatchObject(inactive);
  });
});

describe('a link that is unknown, or leads nowhere, is refused', () => {
  test('when nobody made it', async () => {
    const who = await stranger();
    for (const token of ['x', 'A'.repeat(43)]) {
      expect(await refusalOf(use(who, token))).toMatchObject(unknown);
      expect(await refusalOf(validate(token))).toMatchObject(unknown);
    }
  });

  test('when its role is gone', async () => {
    const { role } = await cast.alice.client(RoleService).createRole({ name: 'Brief', permissions: [11] });
    const { token } = await create(cast.alice, { roleId: role?.id });
    await cast.alice.client(RoleService).deleteRole({ roleId: role?.id });
    expect(await refusalOf(use(await stranger(), token))).toMatchObject(inactive);
    expect(await refusalOf(validate(token))).toMatchObject(inactive);
  });

  test('when its organization is suspended, or a sandbox that has ended', async () => {
    const gone = await addOrganization(s, 'Gone');
    const admin = await addMember(s, gone, { email: newEmail(), role: 'super_admin' });
    const { token } = await create(admin);
    const states = [
      ['ORGANIZATION_SUSPENDED', 'suspended_at = now()'],
      ['ORGANIZATION_EXPIRED', `suspended_at = null, org_type = 2, expires_at = now() - interval '1 hour'`],
    ];
    for (const [reason, change] of states) {
      await s.database.query(`update organization set ${change} where id = $1`, [gone.id]);
      const refused = { code: Code.FailedPrecondition, reason };
      expect(await refusalOf(use(await stranger(), token))).toMatchObject(refused);
      expect(await refusalOf(validate(token))).toMatchObject(refused);
    }
  });

  test('to API keys and to nobody', async () => {
    const { token } = await create(cast.alice);
    expect(await refusalOf(use(cast.kiosk, token))).toMatchObject({ reason: 'API_KEY_HAS_NO_USER' });
    const nobody = s.client(InviteLinkService).redeemInviteLink({ token });
    expect((await refusalOf(nobody)).code).toBe(Code.Unauthenticated);
  });
});

describe('redeeming a link', () => {
  test('makes a member with its role and region, at once, and counts', async () => {
    const { id, token } = await create(cast.alice, {
      roleId: cast.acme.roles.manager,
      dataGovernanceRegion: 'BR',
    });
    const who = await stranger();
    const here = s.client(MemberService, { ...who.headers, 'x-org-id': cast.acme.id });
    expect((await refusalOf(here.getUser({}))).reason).toBe('NOT_A_MEMBER');
    expect((await use(who, token)).organizationName).toBe('Acme');
    expect((await here.getUser({})).user).toMatchObject({
      email: who.email,
      status: UserStatus.ACTIVE,
      dataGovernanceRegion: 'BR',
    });
    const member = await memberIn(cast.acme, who);
    expect(member?.role_id).toBe(cast.acme.roles.manager);
    expect(await usesOf(id)).toBe(1);
    expect(await auditOf(s, member?.id ?? '')).toMatchObject([
      { event_type: 'USER_INVITED', metadata: { role: 'manager', invite_link_id: id } },
    ]);
  });

  test('again, or as a member, changes nothing, also once it is used up', async () => {
    const { id, token } = await create(cast.alice, { maxUses: 1 });
    const who = await stranger();
    await use(who, token);
    await use(who, token);
    expect((await use(cast.alice, token)).organizationName).toBe('Acme');
    expect(await usesOf(id)).toBe(1);
    expect((await memberIn(cast.acme, cast.alice))?.role_id).toBe(cast.acme.roles.super_admin);
    expect(await refusalOf(use(await stranger(), token))).toMatchObject(inactive);
  });

  test('by many at once lets in no more than it says', async () => {
    const { id, token } = await create(cast.alice, { maxUses: 3 });
    const crowd = await Promise.all(Array.from({ length: 8 }, stranger));
    const came = await Promise.allSettled(crowd.map((who) => use(who, token)));
    expect(came.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await usesOf(id)).toBe(3);
    const members = await Promise.all(crowd.map((who) => memberIn(cast.acme, who)));
    expect(members.filter(Boolean)).toHaveLength(3);
  });

  test('twice at once by one person counts once', async () => {
    const { id, token } = await create(cast.alice);
    const who = await stranger();
    await Promise.all([use(who, token), use(who, token)]);
    expect(await usesOf(id)).toBe(1);
  });

  test('accepts an open invitation as it stands, and none elsewhere', async () => {
    const { id, token } = await create(cast.alice, { dataGovernanceRegion: 'BR' });
    const who = await stranger();
    const third = await addOrganization(s, 'Third');
    const invited = { email: who.email, role: 'manager', status: UserStatus.INVITED } as const;
    await addMember(s, cast.acme, invited);
    await addMember(s, third, invited);
    await use(who, token);
    expect(await memberIn(cast.acme, who)).toMatchObject({
      status: UserStatus.ACTIVE,
      role_id: cast.acme.roles.manager,
      region: '',
    });
    expect(await usesOf(id)).toBe(1);
    expect(await memberIn(third, who)).toMatchObject({ status: UserStatus.INVITED });
  });

  test('brings back nobody who was shut out', async () => {
    const { id, token } = await create(cast.alice);
    const who = await hire(s, cast.acme);
    await cast.alice.client(MemberService).deactivateUser({ userId: who.userId });
    expect(await refusalOf(use(who, token))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'MEMBER_DEACTIVATED',
    });
    expect(await usesOf(id)).toBe(0);
  });
});

describe('looking at a link', () => {
  test('lets a stranger sign in and redeem, where only invited people may', async () => {
    const { id, token } = await create(cast.alice);
    const email = newEmail();
    await s.client(AuthService).requestSignInCode({ email });
    // Whether there is a mail is decided by its job.
    await eventually('the request is worked through', async () => {
      const due = await s.database.query('select from graphile_worker.jobs where run_at <= now()');
      return due.length === 0;
    });
    expect((await validate(token, email.toUpperCase())).organizationName).toBe('Acme');
    expect(await usesOf(id)).toBe(0);
    const { accessToken } = await signIn(s, email);
    expect(await mailsTo(s, email)).toHaveLength(1);
    const client = s.client(InviteLinkService, { authorization: `Bearer ${accessToken}` });
    await client.redeemInviteLink({ token });
    const self = s.client(AuthService, { authorization: `Bearer ${accessToken}`, 'x-org-id': cast.acme.id });
    expect(await self.whoAmI({})).toMatchObject({ email, role: { slug: 'employee' } });
  });

  test('is answered alike for people with and without an account', async () => {
    const { token } = await create(cast.alice);
    expect(await validate(token, cast.mallory.email)).toEqual(await validate(token));
  });

  test('is done ten times a minute from one address', async () => {
    const { token } = await create(cast.alice);
    const address = '192.0.2.7';
    stopClock(proxied.server.app.get(Clock));
    for (let calls = 0; calls < 10; calls += 1) await validate(token, newEmail(), address);
    const refused = await refusalOf(validate(token, newEmail(), address));
    expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'RATE_LIMITED' });
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(6);
    await validate(token, newEmail(), '192.0.2.8');
  });
});

// From here on the clock of the server moves.
test('a link ends when it says', async () => {
  const { token } = await create(cast.alice, { expiresInHours: 1 });
  const lasting = await create(cast.alice);
  await s.travel(hour);
  expect(await refusalOf(use(await stranger(), token))).toMatchObject(inactive);
  await use(await stranger(), lasting.token);
});
