import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P, type Role } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});

afterAll(() => s.stop());

const roles = (who: Actor) => who.client(RoleService);

async function create(name: string, permissions: P[] = [P.INBOX_READ]): Promise<Role> {
  const { role } = await roles(cast.alice).createRole({ name, permissions });
  if (!role) throw new Error('No role came back.');
  return role;
}

async function stored(id: string): Promise<Role | undefined> {
  return (await roles(cast.alice).listRoles({})).roles.find((role) => role.id === id);
}

async function auditOf(entityId: string): Promise<Record<string, unknown>[]> {
  return s.database.query('select * from audit_event where entity_id = $1 order by id', [entityId]);
}

describe('the roles of another organization', () => {
  test('look absent', async () => {
    const role = await create('Ours');
    for (const call of [
      () => roles(cast.mallory).updateRole({ roleId: role.id, name: 'Mine' }),
      () => roles(cast.mallory).deleteRole({ roleId: role.id }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ code: Code.NotFound, reason: 'ROLE_NOT_FOUND' });
    }
    const listed = await roles(cast.mallory).listRoles({});
    expect(listed.roles.map(({ id }) => id)).not.toContain(role.id);
    expect(await stored(role.id)).toEqual(role);
  });
});

describe('a caller is refused', () => {
  test('without the permission', async () => {
    const { code, message } = await refusalOf(roles(cast.erin).listRoles({}));
    expect([code, message]).toEqual([Code.PermissionDenied, 'This needs PERMISSION_ORG_READ.']);
    for (const who of [cast.erin, cast.max]) {
      const roleId = cast.acme.roles.employee;
      for (const call of [
        () => roles(who).createRole({ name: 'Mine', permissions: [P.INBOX_READ] }),
        () => roles(who).updateRole({ roleId, name: 'Mine' }),
        () => roles(who).deleteRole({ roleId }),
      ]) {
        expect((await refusalOf(call())).code).toBe(Code.PermissionDenied);
      }
    }
  });

  test('for what no role may be', async () => {
    for (const request of [
      { name: '' },
      { name: 'x'.repeat(201) },
      { name: 'None' },
      { name: 'None', permissions: [] },
      { name: 'None', permissions: [P.UNSPECIFIED] },
      { name: 'None', permissions: [99 as P] },
    ]) {
      expect((await refusalOf(roles(cast.alice).createRole(request))).code).toBe(Code.InvalidArgument);
    }
    const noId = await refusalOf(roles(cast.alice).updateRole({ roleId: 'x' }));
    expect(noId).toMatchObject({ code: Code.InvalidArgument, fields: ['role_id'] });
  });

  test('when they grant what they do not hold', async () => {
    const limited = await addApiKey(s, cast.acme, [P.MEMBERS_MANAGE, P.ORG_READ]);
    const grant = { name: 'Beyond', permissions: [P.ORG_READ, P.PRIVACY_WRITE] };
    expect(await refusalOf(roles(limited).createRole(grant))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'GRANT_EXCEEDS_OWN',
    });
    const role = await create('Small', [P.ORG_READ]);
    const grown = roles(limited).updateRole({ roleId: role.id, permissions: grant.permissions });
    expect((await refusalOf(grown)).reason).toBe('GRANT_EXCEEDS_OWN');
  });

  test('when they change a role that holds more than they do', async () => {
    const limited = await addApiKey(s, cast.acme, [P.MEMBERS_MANAGE, P.ORG_READ]);
    const role = await create('Large', [P.ORG_READ, P.PRIVACY_WRITE]);
    for (const call of [
      () => roles(limited).updateRole({ roleId: role.id, permissions: [P.ORG_READ] }),
      () => roles(limited).deleteRole({ roleId: role.id }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'ROLE_EXCEEDS_OWN',
      });
    }
    expect(await stored(role.id)).toEqual(role);
  });

  test('when they hand out what belongs to the staff organization', async () => {
    const call = roles(cast.alice).createRole({
      name: 'Staff',
      permissions: [P.ORG_READ, P.PLATFORM_SUPPORT],
    });
    expect(await refusalOf(call)).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'PLATFORM_PERMISSION',
    });
  });

  test('when they touch the system role', async () => {
    const roleId = cast.acme.roles.super_admin;
    for (const call of [
      () => roles(cast.alice).updateRole({ roleId, name: 'King' }),
      () => roles(cast.alice).deleteRole({ roleId }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({
        code: Code.FailedPrecondition,
        reason: 'ROLE_IS_SYSTEM',
      });
    }
  });

  test('when they delete a role that somebody holds, or the one of invitations', async () => {
    const held = await refusalOf(roles(cast.alice).deleteRole({ roleId: cast.acme.roles.manager }));
    expect(held).toMatchObject({ code: Code.FailedPrecondition, reason: 'ROLE_IN_USE' });
    const fallback = await refusalOf(roles(cast.alice).deleteRole({ roleId: cast.acme.roles.employee }));
    expect(fallback).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'ROLE_IS_INVITATION_DEFAULT',
    });
  });

  test('when they delete a role that only somebody deactivated holds, and it says so', async () => {
    const role = await create('Retired', [P.INBOX_READ]);
    const { userId } = await addMember(s, cast.acme, { email: 'out@acme.example', role: 'employee' });
    const members = cast.alice.client(MemberService);
    await members.updateUserRole({ userId, roleId: role.id });
    await members.deactivateUser({ userId });
    const held = await refusalOf(roles(cast.alice).deleteRole({ roleId: role.id }));
    expect(held).toMatchObject({ code: Code.FailedPrecondition, reason: 'ROLE_IN_USE' });
    expect(held.message).toContain('held by 1 deactivated member;');
    await members.updateUserRole({ userId, roleId: cast.acme.roles.employee });
    await roles(cast.alice).deleteRole({ roleId: role.id });
  });

  test('when a role of this name is there already', async () => {
    await create('Night shift');
    const again = roles(cast.alice).createRole({ name: 'Night  Shift!', permissions: [P.INBOX_READ] });
    expect(await refusalOf(again)).toMatchObject({ code: Code.AlreadyExists, reason: 'ROLE_EXISTS' });
  });
});

describe('two at once', () => {
  test('cannot both create a role of one name', async () => {
    const outcomes = await Promise.allSettled(
      ['Twin', 'twin'].map((name) => roles(cast.alice).createRole({ name, permissions: [P.INBOX_READ] })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('keep each other’s changes', async () => {
    const role = await create('Both', [P.ORG_READ]);
    await Promise.all([
      roles(cast.alice).updateRole({ roleId: role.id, name: 'Both of us' }),
      roles(cast.alice).updateRole({ roleId: role.id, permissions: [P.CAMPAIGNS_READ] }),
    ]);
    expect(await stored(role.id)).toMatchObject({
      name: 'Both of us',
      permissions: [P.CAMPAIGNS_READ],
    });
  });

  test('either give a role or delete it', async () => {
    const role = await create('Contested', [P.INBOX_READ]);
    const { userId } = await addMember(s, cast.acme, { email: 'con@acme.example', role: 'employee' });
    const outcomes = await Promise.allSettled([
      cast.alice.client(MemberService).updateUserRole({ userId, roleId: role.id }),
      roles(cast.alice).deleteRole({ roleId: role.id }),
    ]);
    const refusals = await Promise.all(
      outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [refusalOf(Promise.reject(outcome.reason as Error))] : [],
      ),
    );
    expect(refusals).toHaveLength(1);
    expect(['ROLE_IN_USE', 'ROLE_NOT_FOUND']).toContain(refusals[0]?.reason);
    const { user } = await cast.alice.client(MemberService).getUser({ userId });
    expect([role.id, cast.acme.roles.employee]).toContain(user?.roleId);
  });
});

describe('a role', () => {
  test('is one of four at first', async () => {
    for (const reader of [cast.mallory, cast.alice]) {
      const seeded = (await roles(reader).listRoles({})).roles.filter(({ isDefault }) => isDefault);
      expect(seeded.map(({ slug }) => slug)).toEqual(['super_admin', 'admin', 'manager', 'employee']);
      expect(seeded.map(({ isSystem }) => isSystem)).toEqual([true, false, false, false]);
    }
  });

  test('is created with a slug, and its permissions once each', async () => {
    const role = await create('Über-Editor (Ö)', [P.TEMPLATES_WRITE, P.ORG_READ, P.TEMPLATES_WRITE]);
    expect(role).toMatchObject({
      slug: 'uber_editor_o',
      name: 'Über-Editor (Ö)',
      isDefault: false,
      isSystem: false,
      permissions: [P.ORG_READ, P.TEMPLATES_WRITE],
    });
    expect(await stored(role.id)).toEqual(role);
    expect((await create('夜勤')).slug).toMatch(/^role_[0-9a-f]{8}$/);
    expect(await auditOf(role.id)).toMatchObject([
      { event_type: 'ROLE_CREATED', org_id: cast.acme.id, actor_id: cast.alice.userId },
    ]);
  });

  test('keeps its slug when renamed, its name and permissions when they are left empty', async () => {
    const role = await create('Before', [P.ORG_READ]);
    const same = await roles(cast.alice).updateRole({ roleId: role.id });
    expect(same.role).toEqual(role);
    const { role: renamed } = await roles(cast.alice).updateRole({
      roleId: role.id.toUpperCase(),
      name: 'After',
    });
    expect(renamed).toEqual({ ...role, name: 'After' });
    const { role: replaced } = await roles(cast.kiosk).updateRole({
      roleId: role.id,
      permissions: [P.MEMBERS_READ],
    });
    expect(replaced).toEqual({ ...role, name: 'After', permissions: [P.MEMBERS_READ] });
    const audit = await auditOf(role.id);
    expect(audit.map(({ event_type }) => event_type)).toEqual([
      'ROLE_CREATED',
      'ROLE_UPDATED',
      'ROLE_UPDATED',
      'ROLE_UPDATED',
    ]);
    expect(audit.at(-1)).toMatchObject({ actor_kind: 'api_key', actor_id: cast.kiosk.userId });
  });

  test('is gone when deleted, for good', async () => {
    const role = await create('Short-lived');
    await roles(cast.alice).deleteRole({ roleId: role.id });
    expect(await stored(role.id)).toBeUndefined();
    expect((await refusalOf(roles(cast.alice).deleteRole({ roleId: role.id }))).code).toBe(Code.NotFound);
    expect((await auditOf(role.id)).at(-1)).toMatchObject({ event_type: 'ROLE_DELETED' });
  });
});

describe('a permission taken away', () => {
  test('is gone on every server within a second', async () => {
    const second = await startTestServer({ database: s.database });
    try {
      const role = await create('Passing', [P.ORG_READ, P.MEMBERS_READ]);
      const pia = await addMember(s, cast.acme, { email: 'pia@acme.example', role: 'employee' });
      await cast.alice.client(MemberService).updateUserRole({ userId: pia.userId, roleId: role.id });
      const elsewhere = second.client(MemberService, pia.headers);
      // Until the second server has heard itself it remembers nobody; from then on it remembers Pia.
      await eventually('the second server lets Pia in', () => elsewhere.listUsers({}));

      await roles(cast.alice).updateRole({ roleId: role.id, permissions: [P.ORG_READ] });
      const refused = await eventually(
        'the second server refuses',
        () => refusalOf(elsewhere.listUsers({})),
        1000,
      );
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
      expect((await refusalOf(pia.client(MemberService).listUsers({}))).code).toBe(Code.PermissionDenied);
    } finally {
      await second.stop();
    }
  });
});
