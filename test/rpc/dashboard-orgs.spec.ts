import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrgRole, OrgsService } from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { KeyFamily, ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { type Actor, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { auditOf, hire, members, newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { addHolder } from '../support/role-holders.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const { ADMIN, MEMBER, VIEWER } = OrgRole;
const notAMember = { code: Code.PermissionDenied, reason: 'ORG_NOT_A_MEMBER' };
const forbidden = { code: Code.PermissionDenied, reason: 'ORG_ROLE_FORBIDDEN' };
const noSuchMember = { code: Code.NotFound, reason: 'ORG_MEMBER_NOT_FOUND' };

let s: TestServer;
let cast: Cast;
let viewer: Actor;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  viewer = await addHolder(s, cast.acme, [P.ANALYTICS_READ]);
});
afterAll(() => s?.stop());

const orgs = (who: Actor) => who.client(OrgsService);
const acme = () => ({ orgId: cast.acme.id });

/** Every call about an organization, with a valid request. */
const calls = (who: Actor, orgId: string, customerId: string) => ({
  get: () => orgs(who).get({ orgId }),
  listMembers: () => orgs(who).listMembers({ orgId }),
  updateDisplayName: () => orgs(who).updateDisplayName({ orgId, displayName: 'Mine' }),
  removeMember: () => orgs(who).removeMember({ orgId, customerId }),
  updateMemberRole: () => orgs(who).updateMemberRole({ orgId, customerId, role: ADMIN }),
  inviteMember: () => orgs(who).inviteMember({ orgId, email: newEmail(), role: ADMIN }),
  resendInvite: () => orgs(who).resendInvite({ orgId, invitationId: customerId }),
  revokeInvite: () => orgs(who).revokeInvite({ orgId, invitationId: customerId }),
  listInvitations: () => orgs(who).listInvitations({ orgId }),
});
const ofAdmins = [
  'updateDisplayName',
  'removeMember',
  'updateMemberRole',
  'inviteMember',
  'resendInvite',
  'revokeInvite',
  'listInvitations',
] as const;

async function rolesIn(orgId: string): Promise<Record<string, string>> {
  const rows = await s.database.query<{ identity_id: string; slug: string; status: number }>(
    `select m.identity_id, r.slug, m.status from member m join role r on r.org_id = m.org_id and r.id = m.role_id
      where m.org_id = $1 and m.status = 2`,
    [orgId],
  );
  return Object.fromEntries(rows.map(({ identity_id, slug }) => [identity_id, slug]));
}

describe('an organization', () => {
  test('that the caller is not in, or that does not exist, is not theirs', async () => {
    const stranger = calls(cast.mallory, cast.acme.id, cast.max.identityId);
    const refused = await refusalsOf(Object.values(stranger).map((call) => call()));
    for (const refusal of refused) expect(refusal).toMatchObject(notAMember);
    expect(await refusalOf(orgs(cast.mallory).leave(acme()))).toMatchObject(notAMember);
    for (const orgId of ['019a9f00-0000-7000-8000-000000000000', 'x']) {
      expect(await refusalOf(orgs(cast.mallory).get({ orgId }))).toMatchObject(notAMember);
    }
    expect(await refusalOf(orgs(cast.mallory).get({}))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['org_id'],
    });
    expect((await orgs(cast.alice).get(acme())).org?.displayName).toBe('Acme');
  });

  test('lets viewers and members read, and change nothing', async () => {
    for (const who of [viewer, cast.max]) {
      const theirs = calls(who, cast.acme.id, cast.alice.identityId);
      expect((await theirs.get()).org?.role).toBe(who === viewer ? VIEWER : MEMBER);
      expect((await theirs.listMembers()).members.length).toBeGreaterThan(2);
      for (const name of ofAdmins) {
        expect([name, await refusalOf(theirs[name]())]).toMatchObject([name, forbidden]);
      }
    }
  });

  test('refuses what admins do to a role that lacks one of their permissions', async () => {
    const parts = [P.ANALYTICS_WRITE, P.ORG_WRITE, P.MEMBERS_INVITE, P.MEMBERS_MANAGE];
    for (const lacking of parts) {
      const half = await addHolder(s, cast.acme, [
        P.ANALYTICS_READ,
        ...parts.filter((part) => part !== lacking),
      ]);
      const theirs = calls(half, cast.acme.id, cast.max.identityId);
      for (const name of ofAdmins) {
        expect([name, await refusalOf(theirs[name]())]).toMatchObject([name, forbidden]);
      }
      expect((await theirs.get()).org?.role).toBe(lacking === P.ANALYTICS_WRITE ? VIEWER : MEMBER);
    }
  });

  test('is hidden from employees who only read messages, and they from it', async () => {
    expect((await orgs(cast.erin).list({})).orgs).toEqual([]);
    const theirs = calls(cast.erin, cast.acme.id, cast.max.identityId);
    for (const call of Object.values(theirs)) expect(await refusalOf(call())).toMatchObject(forbidden);
    const listed = (await orgs(viewer).listMembers(acme())).members;
    expect(listed.map(({ customerId }) => customerId)).not.toContain(cast.erin.identityId);
    const remove = orgs(cast.alice).removeMember({ ...acme(), customerId: cast.erin.identityId });
    expect(await refusalOf(remove)).toMatchObject(noSuchMember);
    const promote = orgs(cast.alice).updateMemberRole({
      ...acme(),
      customerId: cast.erin.identityId,
      role: ADMIN,
    });
    expect(await refusalOf(promote)).toMatchObject(noSuchMember);
  });

  test('that is suspended answers nothing', async () => {
    const closed = await addOrganization(s, 'Closed');
    const admin = await hire(s, closed, 'super_admin');
    await s.database.query('update organization set suspended_at = now() where id = $1', [closed.id]);
    await s.database.query(`select pg_notify('dovecote_revocation', 'organization:' || $1)`, [closed.id]);
    const refused = await refusalOf(orgs(admin).get({ orgId: closed.id }));
    expect(refused.code).toBe(Code.FailedPrecondition);
  });

  test('is renamed by an admin, with a name that people can read', async () => {
    const place = await addOrganization(s, 'Old');
    const admin = await hire(s, place, 'admin');
    const orgId = place.id;
    for (const displayName of ['', '  ', 'x'.repeat(151), 'a\u202eb']) {
      const refusal = await refusalOf(orgs(admin).updateDisplayName({ orgId, displayName }));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['display_name'] });
    }
    const { org } = await orgs(admin).updateDisplayName({ orgId, displayName: ' New  name ' });
    expect(org).toMatchObject({ id: orgId, displayName: 'New name', role: ADMIN });
    expect(await auditOf(s, orgId)).toMatchObject([
      { event_type: 'ORG_UPDATED', actor_id: admin.userId, metadata: { fields: 'name' } },
    ]);
  });
});

describe('the organizations of a person', () => {
  test('are those in which they hold something of analytics, oldest first, each with their role there', async () => {
    const first = await addOrganization(s, 'First');
    const second = await addOrganization(s, 'Second');
    const third = await addOrganization(s, 'Third');
    const email = newEmail();
    await addMember(s, second, { email, role: 'manager' });
    const who = await addMember(s, first, { email, role: 'super_admin' });
    await addMember(s, third, { email, role: 'employee' });
    await addMember(s, cast.other, { email, role: 'admin', status: UserStatus.INVITED });
    const { orgs: listed } = await orgs(who).list({});
    expect(listed.map(({ id, displayName, role }) => [id, displayName, role])).toEqual([
      [first.id, 'First', ADMIN],
      [second.id, 'Second', MEMBER],
    ]);
    expect((await orgs(who).get({ orgId: second.id.toUpperCase() })).org?.role).toBe(MEMBER);
    const elsewhere = await refusalOf(orgs(who).updateDisplayName({ orgId: second.id, displayName: 'x' }));
    expect(elsewhere).toMatchObject(forbidden);
    const invited = await refusalOf(orgs(who).get({ orgId: cast.other.id }));
    expect(invited.code).toBe(Code.PermissionDenied);
  });

  test('begin with none; the first one has a project in UTC and a public key', async () => {
    const gone = await hire(s, cast.other);
    await members(cast.mallory).deactivateUser({ userId: gone.userId });
    expect((await orgs(gone).list({})).orgs).toEqual([]);

    const { org } = await orgs(gone).create({ displayName: 'Fresh' });
    expect(org).toMatchObject({ displayName: 'Fresh', role: ADMIN });
    const orgId = org?.id ?? '';
    expect((await orgs(gone).list({})).orgs).toMatchObject([{ id: orgId, role: ADMIN }]);
    const projects = s.client(ProjectService, { ...gone.headers, 'x-org-id': orgId });
    const [project, ...others] = (await projects.listProjects({})).projects;
    expect(others).toEqual([]);
    expect(project).toMatchObject({ name: 'default', zone: 'UTC' });
    const { projectKeys } = await projects.listProjectKeys({ projectId: project?.id });
    expect(projectKeys).toMatchObject([{ family: KeyFamily.PUBLIC, key: expect.stringMatching(/^pub_/) }]);
    expect(Object.values(await rolesIn(orgId))).toEqual(['super_admin']);
    const trail = await s.database.query<{ event_type: string }>(
      'select event_type from audit_event where org_id = $1 order by id',
      [orgId],
    );
    expect(trail.map((event) => event.event_type)).toEqual(
      expect.arrayContaining(['ORG_CREATED', 'PROJECT_CREATED', 'PROJECT_KEY_CREATED']),
    );
  });

  test('are at most ten new ones a day, also when they are asked for at once', async () => {
    const eager = await hire(s, cast.other);
    const many = Array.from({ length: 13 }, (_, n) => orgs(eager).create({ displayName: `Place ${n}` }));
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const refused = await refusalOf(orgs(eager).create({ displayName: 'One more' }));
    expect(refused.code).toBe(Code.ResourceExhausted);
    const [count] = await s.database.query<{ projects: number }>(
      `select count(*)::int as projects from project p join member m on m.org_id = p.org_id where m.identity_id = $1
          and p.name = 'default'`,
      [eager.identityId],
    );
    expect(count?.projects).toBe(10);
  });
});

describe('a member', () => {
  const place = async () => {
    const organization = await addOrganization(s, 'Place');
    const [owner, partner] = [
      await hire(s, organization, 'super_admin'),
      await hire(s, organization, 'admin'),
    ];
    return { organization, orgId: organization.id, owner, partner };
  };

  test('is listed by the time of joining, with a role by permission', async () => {
    const { organization, orgId, owner, partner } = await place();
    const manager = await hire(s, organization, 'manager');
    const reader = await addHolder(s, organization, [P.ANALYTICS_READ]);
    await addMember(s, organization, { email: newEmail(), role: 'admin', status: UserStatus.INVITED });
    await addMember(s, organization, { email: newEmail(), role: 'admin', status: UserStatus.DEACTIVATED });
    const { members: listed } = await orgs(reader).listMembers({ orgId });
    expect(listed.map(({ customerId, role }) => [customerId, role])).toEqual([
      [owner.identityId, ADMIN],
      [partner.identityId, ADMIN],
      [manager.identityId, MEMBER],
      [reader.identityId, VIEWER],
    ]);
    expect(listed[0]).toMatchObject({ email: owner.email, displayName: owner.email.split('@')[0], orgId });
  });

  test('who removes another, or gives a role, is who may change them, and has signed in lately', async () => {
    const { organization, orgId, owner, partner } = await place();
    const manager = await hire(s, organization, 'manager');
    const beyond = [
      orgs(partner).removeMember({ orgId, customerId: owner.identityId }),
      orgs(partner).updateMemberRole({ orgId, customerId: owner.identityId, role: VIEWER }),
    ];
    for (const refusal of await refusalsOf(beyond)) expect(refusal.code).toBe(Code.PermissionDenied);
    const narrow = await addHolder(s, organization, [
      P.ANALYTICS_READ,
      P.ANALYTICS_WRITE,
      P.ORG_WRITE,
      P.MEMBERS_INVITE,
      P.MEMBERS_MANAGE,
      P.INBOX_READ,
      P.INBOX_ACT,
    ]);
    const escalation = orgs(narrow).updateMemberRole({
      orgId,
      customerId: narrow.identityId,
      role: ADMIN,
    });
    // They are an admin already, as far as the contract knows.
    expect((await escalation).member?.role).toBe(ADMIN);
    const lift = orgs(narrow).updateMemberRole({ orgId, customerId: manager.identityId, role: ADMIN });
    expect((await refusalOf(lift)).code).toBe(Code.PermissionDenied);
    const unknown = [
      orgs(owner).removeMember({ orgId, customerId: cast.mallory.identityId }),
      orgs(owner).removeMember({ orgId, customerId: manager.userId }),
      orgs(owner).updateMemberRole({ orgId, customerId: 'x', role: VIEWER }),
    ];
    for (const refusal of await refusalsOf(unknown)) expect(refusal).toMatchObject(noSuchMember);
    const self = orgs(partner).removeMember({ orgId, customerId: partner.identityId.toUpperCase() });
    expect(await refusalOf(self)).toMatchObject({
      code: Code.InvalidArgument,
      reason: 'ORG_CANNOT_REMOVE_SELF',
    });
    expect(await rolesIn(orgId)).toMatchObject({
      [owner.identityId]: 'super_admin',
      [partner.identityId]: 'admin',
      [manager.identityId]: 'manager',
    });
  });

  test('gets roles of the organization, which are made when they are first given, once', async () => {
    const { organization, orgId, owner } = await place();
    const two = [await hire(s, organization, 'manager'), await hire(s, organization, 'manager')];
    const changed = await Promise.all(
      two.map(({ identityId: customerId }) =>
        orgs(owner).updateMemberRole({ orgId, customerId, role: VIEWER }),
      ),
    );
    expect(changed.map(({ member }) => member?.role)).toEqual([VIEWER, VIEWER]);
    const { roles } = await s.client(RoleService, { ...owner.headers, 'x-org-id': orgId }).listRoles({});
    const made = roles.filter(({ slug }) => slug.startsWith('analytics_'));
    expect(made).toMatchObject([{ slug: 'analytics_viewer', name: 'Analytics Viewer', isSystem: false }]);
    const [one] = two;
    const customerId = one?.identityId ?? '';
    await orgs(owner).updateMemberRole({ orgId, customerId, role: MEMBER });
    await orgs(owner).updateMemberRole({ orgId, customerId, role: ADMIN });
    expect(await auditOf(s, one?.userId ?? '')).toMatchObject([
      { event_type: 'ROLE_CHANGED', metadata: { from: 'manager', to: 'analytics_viewer' } },
      { event_type: 'ROLE_CHANGED', metadata: { from: 'analytics_viewer', to: 'analytics_member' } },
      { event_type: 'ROLE_CHANGED', metadata: { from: 'analytics_member', to: 'admin' } },
    ]);
    expect((await orgs(one ?? owner).get({ orgId })).org?.role).toBe(ADMIN);
  });

  test('keeps a role that shows as the one asked for, and gets none that was changed to be another', async () => {
    const { organization, orgId, owner } = await place();
    const manager = await hire(s, organization, 'manager');
    const customerId = manager.identityId;
    await orgs(owner).updateMemberRole({ orgId, customerId, role: MEMBER });
    expect((await rolesIn(orgId))[customerId]).toBe('manager');
    // This organization has changed its role of viewers.
    await addHolder(s, organization, [P.ANALYTICS_READ, P.ANALYTICS_WRITE], { slug: 'analytics_viewer' });
    const refused = await refusalOf(orgs(owner).updateMemberRole({ orgId, customerId, role: VIEWER }));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'ORG_UNSUPPORTED_ROLE' });
    expect((await rolesIn(orgId))[customerId]).toBe('manager');
  });

  test('who is removed is out at once, and comes back by an invitation only', async () => {
    const { organization, orgId, owner } = await place();
    const reader = await addHolder(s, organization, [P.ANALYTICS_READ]);
    expect((await orgs(reader).get({ orgId })).org?.role).toBe(VIEWER);
    await orgs(owner).removeMember({ orgId, customerId: reader.identityId });
    const refused = await refusalOf(orgs(reader).get({ orgId }));
    expect(refused.code).toBe(Code.PermissionDenied);
    const again = orgs(owner).removeMember({ orgId, customerId: reader.identityId });
    expect(await refusalOf(again)).toMatchObject(noSuchMember);
    expect(await auditOf(s, reader.userId)).toMatchObject([{ event_type: 'USER_DEACTIVATED' }]);
    expect((await orgs(reader).list({})).orgs).toEqual([]);
  });

  test('who is the last super admin stays one: neither demoted nor removed, nor gone', async () => {
    const { organization, orgId, owner } = await place();
    const second = await hire(s, organization, 'super_admin');
    const both = await Promise.allSettled([
      orgs(owner).updateMemberRole({ orgId, customerId: second.identityId, role: VIEWER }),
      orgs(second).updateMemberRole({ orgId, customerId: owner.identityId, role: VIEWER }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const left = Object.entries(await rolesIn(orgId)).filter(([, slug]) => slug === 'super_admin');
    expect(left).toHaveLength(1);
    const last = left[0]?.[0] === owner.identityId ? owner : second;
    const customerId = last.identityId;
    const demoted = await refusalOf(orgs(last).updateMemberRole({ orgId, customerId, role: MEMBER }));
    expect(demoted).toMatchObject({ code: Code.FailedPrecondition, reason: 'CANNOT_DEMOTE_LAST_ADMIN' });
    const leaving = await refusalOf(orgs(last).leave({ orgId }));
    expect(leaving).toMatchObject({ code: Code.FailedPrecondition, reason: 'CANNOT_REMOVE_LAST_ADMIN' });
    expect((await rolesIn(orgId))[customerId]).toBe('super_admin');
  });

  test('of two super admins who remove each other, or leave, at once, one remains', async () => {
    const { organization, orgId, owner } = await place();
    const second = await hire(s, organization, 'super_admin');
    await Promise.allSettled([
      orgs(owner).removeMember({ orgId, customerId: second.identityId }),
      orgs(second).removeMember({ orgId, customerId: owner.identityId }),
      orgs(owner).leave({ orgId }),
      orgs(second).leave({ orgId }),
    ]);
    const left = Object.values(await rolesIn(orgId)).filter((slug) => slug === 'super_admin');
    expect(left).toHaveLength(1);
  });

  test('leaves, whatever they hold, and no other organization with it', async () => {
    const { organization, orgId } = await place();
    const email = newEmail();
    await addMember(s, cast.other, { email, role: 'manager' });
    const guest = await addMember(s, organization, { email, role: 'employee' });
    await orgs(guest).leave({ orgId });
    expect(await auditOf(s, guest.userId)).toMatchObject([
      { event_type: 'USER_DEACTIVATED', actor_id: guest.userId, metadata: { by: 'left' } },
    ]);
    expect((await orgs(guest).list({})).orgs).toMatchObject([{ id: cast.other.id, role: MEMBER }]);
  });
});
