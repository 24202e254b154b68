import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Client } from 'pg';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { ThemePreference, UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import {
  type Actor,
  addApiKey,
  addMember,
  addOrganization,
  type Cast,
  seedCast,
  type TestOrganization,
} from '../support/cast.js';
import { organizationPermissions } from '../../src/platform/access/index.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, invite, members, newEmail } from '../support/members.js';
import { type Refusal, refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addMember(s, cast.acme, { email: 'ada@acme.example', role: 'admin' });
});

afterAll(() => s.stop());

async function statusOf(userId: string): Promise<UserStatus | undefined> {
  return (await members(cast.alice).getUser({ userId })).user?.status;
}

/** The calls that change a member, each made by `who` on `userId`. */
function changes(who: Actor, userId: string): Record<string, () => Promise<unknown>> {
  const roleId = who.orgId === cast.acme.id ? cast.acme.roles.employee : cast.other.roles.employee;
  return {
    updateUserRole: () => members(who).updateUserRole({ userId, roleId }),
    deactivateUser: () => members(who).deactivateUser({ userId }),
    reactivateUser: () => members(who).reactivateUser({ userId }),
    revokeInvite: () => members(who).revokeInvite({ userId }),
    updateUserProfile: () => members(who).updateUserProfile({ userId, profile: { title: 'Mine' } }),
  };
}

async function refusalsOf(calls: Record<string, () => Promise<unknown>>): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const call of Object.values(calls)) refusals.push(await refusalOf(call()));
  return refusals;
}

describe('the members of another organization', () => {
  test('look absent', async () => {
    const refusals = await refusalsOf({
      ...changes(cast.mallory, cast.erin.userId),
      getUser: () => members(cast.mallory).getUser({ userId: cast.erin.userId }),
    });
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual(
      refusals.map(() => [Code.NotFound, 'MEMBER_NOT_FOUND']),
    );
    const { users } = await members(cast.mallory).listUsers({});
    expect(users.map(({ id }) => id)).toEqual([cast.mallory.userId]);
  });

  test('cannot be given a role of ours, nor be anyone’s manager here', async () => {
    const foreignRole = cast.other.roles.employee;
    const { userId } = cast.erin;
    const given = await refusalOf(members(cast.alice).updateUserRole({ userId, roleId: foreignRole }));
    expect(given).toMatchObject({ code: Code.NotFound, reason: 'ROLE_NOT_FOUND' });
    const invited = await refusalOf(invite(cast.alice, { roleId: foreignRole }));
    expect(invited).toMatchObject({ code: Code.NotFound, reason: 'ROLE_NOT_FOUND' });
    for (const managerId of [cast.mallory.userId, unknownId]) {
      const managed = members(cast.alice).updateUserProfile({ userId, profile: { managerId } });
      expect(await refusalOf(managed)).toMatchObject({
        code: Code.InvalidArgument,
        fields: ['profile.manager_id'],
      });
    }
  });
});

describe('a caller is refused', () => {
  test('without the permission, whether or not the member exists', async () => {
    for (const userId of [cast.alice.userId, unknownId]) {
      const refusals = await refusalsOf({
        ...changes(cast.erin, userId),
        getUser: () => members(cast.erin).getUser({ userId }),
        listUsers: () => members(cast.erin).listUsers({}),
        inviteUser: () => members(cast.erin).inviteUser({ email: newEmail() }),
      });
      expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => Code.PermissionDenied));
    }
    const byMax = await refusalsOf(changes(cast.max, cast.erin.userId));
    expect(byMax.map(({ reason }) => reason)).toEqual(byMax.map(() => 'PERMISSION_MISSING'));
  });

  test('as an API key on what is a person’s own', async () => {
    const refusals = await refusalsOf({
      getUser: () => members(cast.kiosk).getUser({}),
      updateUserProfile: () => members(cast.kiosk).updateUserProfile({ profile: {} }),
      getUserSettings: () => members(cast.kiosk).getUserSettings({}),
      updateUserSettings: () => members(cast.kiosk).updateUserSettings({}),
    });
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual(
      refusals.map(() => [Code.PermissionDenied, 'API_KEY_HAS_NO_USER']),
    );
  });

  test('when they give a role that holds more than they do', async () => {
    const beyond = [
      () => invite(cast.max, { roleId: cast.acme.roles.admin }),
      () => invite(ada, { roleId: cast.acme.roles.super_admin }),
      () => members(ada).updateUserRole({ userId: cast.erin.userId, roleId: cast.acme.roles.super_admin }),
      () => members(ada).updateUserRole({ userId: ada.userId, roleId: cast.acme.roles.super_admin }),
    ];
    for (const call of beyond) {
      expect(await refusalOf(call())).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'GRANT_EXCEEDS_OWN',
      });
    }
    const inviter = await addApiKey(s, cast.acme, [P.MEMBERS_INVITE]);
    expect((await refusalOf(invite(inviter))).reason).toBe('GRANT_EXCEEDS_OWN');
  });

  test('as an admin, when they change a super admin', async () => {
    const boss = await hire(s, cast.acme, 'super_admin');
    const refusals = await refusalsOf(changes(ada, boss.userId));
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual(
      refusals.map(() => [Code.PermissionDenied, 'MEMBER_EXCEEDS_OWN']),
    );
    expect(await statusOf(boss.userId)).toBe(UserStatus.ACTIVE);
  });

  test('for what no member may be', async () => {
    const { userId } = cast.erin;
    const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`key-${index}`, 'x']));
    const refusals = await refusalsOf({
      noAddress: () => members(cast.alice).inviteUser({ email: 'nobody' }),
      longName: () => members(cast.alice).inviteUser({ email: newEmail(), name: 'x'.repeat(201) }),
      longTitle: () => members(cast.alice).updateUserProfile({ userId, profile: { title: 'x'.repeat(201) } }),
      noDay: () => members(cast.alice).updateUserProfile({ userId, profile: { startDate: '2025-02-30' } }),
      tooMany: () =>
        members(cast.alice).updateUserProfile({ userId, profile: { customAttributes: tooMany } }),
      ownManager: () => members(cast.alice).updateUserProfile({ userId, profile: { managerId: userId } }),
      noLocale: () => members(cast.erin).updateUserSettings({ settings: { preferredLocale: 'de' } }),
      noPage: () => members(cast.alice).listUsers({ pagination: { pageSize: -1 } }),
    });
    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => Code.InvalidArgument));
    expect(refusals.map(({ fields }) => fields[0])).toEqual([
      'email',
      'name',
      'profile.title',
      'profile.start_date',
      'profile.custom_attributes',
      'profile.manager_id',
      'settings.preferred_locale',
      'pagination.page_size',
    ]);
  });
});

describe('the last active super admin', () => {
  async function lonely(): Promise<{ organization: TestOrganization; boss: Actor }> {
    const organization = await addOrganization(s, 'Lonely');
    const boss = await addMember(s, organization, { email: newEmail(), role: 'super_admin' });
    // Neither counts: one is not in yet, one is out.
    for (const status of [UserStatus.INVITED, UserStatus.DEACTIVATED]) {
      await addMember(s, organization, { email: newEmail(), role: 'super_admin', status });
    }
    return { organization, boss };
  }

  test('stays, and may be confirmed in the role', async () => {
    const { organization, boss } = await lonely();
    const { userId } = boss;
    const refusals = await refusalsOf({
      demotion: () => members(boss).updateUserRole({ userId, roleId: organization.roles.admin }),
      deactivation: () => members(boss).deactivateUser({ userId }),
    });
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual(
      refusals.map(() => [Code.FailedPrecondition, 'LAST_SUPER_ADMIN']),
    );
    const roleId = organization.roles.super_admin;
    const { user } = await members(boss).updateUserRole({ userId, roleId });
    expect(user?.role?.slug).toBe('super_admin');
  });

  test('is left when all are demoted or deactivated at once', async () => {
    const { organization, boss } = await lonely();
    const bosses = [boss];
    for (let index = 0; index < 3; index += 1) {
      bosses.push(await addMember(s, organization, { email: newEmail(), role: 'super_admin' }));
    }
    const key = await addApiKey(s, organization, organizationPermissions);
    const roleId = organization.roles.employee;
    const outcomes = await Promise.allSettled(
      bosses.map(({ userId }, index) =>
        index % 2 === 0
          ? members(key).updateUserRole({ userId, roleId })
          : members(key).deactivateUser({ userId }),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(1);
    const { reason } = await refusalOf(Promise.reject(refused[0]?.reason as Error));
    expect(reason).toBe('LAST_SUPER_ADMIN');
    const left = await s.database.query(
      'select from member where org_id = $1 and role_id = $2 and status = $3',
      [organization.id, organization.roles.super_admin, UserStatus.ACTIVE],
    );
    expect(left).toHaveLength(1);
  });

  test('is left when two demote each other at once', async () => {
    const { organization, boss } = await lonely();
    const rival = await addMember(s, organization, { email: newEmail(), role: 'super_admin' });
    const roleId = organization.roles.employee;
    const outcomes = await Promise.allSettled([
      members(boss).updateUserRole({ userId: rival.userId, roleId }),
      members(rival).updateUserRole({ userId: boss.userId, roleId }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a member', () => {
  test('reads themselves, and others with the permission', async () => {
    const { user } = await members(cast.erin).getUser({});
    expect(user).toMatchObject({ id: cast.erin.userId, email: cast.erin.email, role: { slug: 'employee' } });
    const byId = await members(cast.erin).getUser({ userId: cast.erin.userId.toUpperCase() });
    expect(byId.user).toEqual(user);
    for (const reader of [cast.max, cast.kiosk]) {
      expect((await members(reader).getUser({ userId: cast.erin.userId })).user).toEqual(user);
    }
  });

  test('gets another role at once', async () => {
    const zoe = await hire(s, cast.acme);
    expect((await refusalOf(members(zoe).listUsers({}))).code).toBe(Code.PermissionDenied);
    const { user } = await members(ada).updateUserRole({
      userId: zoe.userId,
      roleId: cast.acme.roles.manager,
    });
    expect(user).toMatchObject({ roleId: cast.acme.roles.manager, role: { slug: 'manager' } });
    await members(zoe).listUsers({});
    expect(await auditOf(s, zoe.userId)).toMatchObject([
      { event_type: 'ROLE_CHANGED', metadata: { from: 'employee', to: 'manager' } },
    ]);
  });

  test('is shut out at once, and let back in as an invited person', async () => {
    const ivan = await hire(s, cast.acme);
    await members(ivan).getUser({});
    const { user } = await members(ada).deactivateUser({ userId: ivan.userId });
    expect(user?.status).toBe(UserStatus.DEACTIVATED);
    const out = await refusalOf(members(ivan).getUser({}));
    expect(out).toMatchObject({ code: Code.PermissionDenied, reason: 'MEMBER_DEACTIVATED' });

    const again = await members(ada).deactivateUser({ userId: ivan.userId });
    expect(again.user).toEqual(user);
    const back = await members(ada).reactivateUser({ userId: ivan.userId });
    expect(back.user?.status).toBe(UserStatus.INVITED);
    const twice = await refusalOf(members(ada).reactivateUser({ userId: ivan.userId }));
    expect(twice).toMatchObject({ code: Code.FailedPrecondition, reason: 'MEMBER_NOT_DEACTIVATED' });
    expect((await auditOf(s, ivan.userId)).map(({ event_type }) => event_type)).toEqual([
      'USER_DEACTIVATED',
      'USER_REACTIVATED',
    ]);
  });

  test('has a profile of which only what is named changes', async () => {
    const pat = await hire(s, cast.acme);
    const profile = {
      firstName: 'Pat',
      lastName: 'O’Hara',
      startDate: '2024-02-29',
      managerId: cast.max.userId.toUpperCase(),
      customAttributes: { shift: 'night', badge: '7', __proto__: 'x' },
    };
    const { user } = await members(pat).updateUserProfile({ profile });
    const whole = {
      ...profile,
      managerId: cast.max.userId,
      customAttributes: { shift: 'night', badge: '7' },
    };
    expect(user?.profile).toMatchObject(whole);
    const { user: changed } = await members(ada).updateUserProfile({
      userId: pat.userId,
      profile: { title: 'Baker', customAttributes: { shift: '', locker: '12', nothing: '' } },
    });
    expect(changed?.profile).toMatchObject({
      ...whole,
      title: 'Baker',
      customAttributes: { badge: '7', locker: '12' },
    });
    expect((await members(pat).getUser({})).user).toEqual(changed);
    for (const request of [{}, { profile: {} }]) {
      expect((await members(pat).updateUserProfile(request)).user).toEqual(changed);
    }
    expect(await auditOf(s, pat.userId)).toHaveLength(4);
  });

  test('keeps what two changes at once say, and holds fifty attributes', async () => {
    const pat = await hire(s, cast.acme);
    const change = (profile: {
      firstName?: string;
      title?: string;
      customAttributes?: Record<string, string>;
    }) => members(pat).updateUserProfile({ profile });
    await Promise.all([
      change({ firstName: 'Pat' }),
      change({ title: 'Baker' }),
      change({ customAttributes: { a: '1' } }),
      change({ customAttributes: { b: '2' } }),
    ]);
    const { user } = await members(pat).getUser({});
    expect(user?.profile).toMatchObject({
      firstName: 'Pat',
      title: 'Baker',
      customAttributes: { a: '1', b: '2' },
    });
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`k${n}`, 'v']));
    const refusal = await refusalOf(change({ customAttributes: many }));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['profile.custom_attributes'] });
  });

  test('has settings, of which only what is named changes', async () => {
    const sue = await hire(s, cast.acme);
    const { settings } = await members(sue).getUserSettings({});
    expect(settings).toMatchObject({ themePreference: ThemePreference.SYSTEM, preferredLocale: '' });
    await members(sue).updateUserSettings({ settings: { themePreference: ThemePreference.DARK } });
    const changed = await members(sue).updateUserSettings({ settings: { preferredLocale: 'ja' } });
    expect(changed.settings).toMatchObject({ themePreference: ThemePreference.DARK, preferredLocale: 'ja' });
    expect((await members(sue).getUserSettings({})).settings).toEqual(changed.settings);
    expect((await auditOf(s, sue.userId)).at(-1)).toMatchObject({ event_type: 'SETTINGS_UPDATED' });
  });

  test('keeps both settings when two screens change one each at the same moment', async () => {
    const sue = await hire(s, cast.acme);
    const owner = new Client({ connectionString: s.database.ownerUrl });
    await owner.connect();
    try {
      // Both have read before either writes.
      await owner.query('begin');
      await owner.query('select from member where id = $1 for update', [sue.userId]);
      const changes = [
        members(sue).updateUserSettings({ settings: { themePreference: ThemePreference.DARK } }),
        members(sue).updateUserSettings({ settings: { preferredLocale: 'ja' } }),
      ];
      await eventually('both wait', async () => {
        // What is noted of sessions now and then waits for the row, too.
        const waiting = await s.database.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
              and query not like '%session_use%'`,
        );
        return waiting.length === 2;
      });
      await owner.query('commit');
      await Promise.all(changes);
    } finally {
      await owner.end();
    }
    const { settings } = await members(sue).getUserSettings({});
    expect(settings).toMatchObject({ themePreference: ThemePreference.DARK, preferredLocale: 'ja' });
  });
});

describe('a role that exceeds', () => {
  test('its giver only in part is still not given', async () => {
    const { role } = await cast.alice.client(RoleService).createRole({
      name: 'Privacy officer',
      permissions: [P.PRIVACY_WRITE],
    });
    const call = members(ada).updateUserRole({ userId: cast.erin.userId, roleId: role?.id });
    expect((await refusalOf(call)).reason).toBe('GRANT_EXCEEDS_OWN');
  });
});
