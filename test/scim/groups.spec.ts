import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GroupTarget, ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { seededRoles } from '../../src/modules/people/role/role.rules.js';
import { organizationPermissions, Permission } from '../../src/platform/access/index.js';
import { Client } from 'pg';
import { eventually } from '../support/eventually.js';
import { auditOf } from '../support/members.js';
import {
  connect,
  newToken,
  newUser,
  patchOf,
  type ScimBody,
  scimDirectory,
  type ScimWorld,
  startScimWorld,
} from '../support/scim.js';

let world: ScimWorld;
let ada: string;
let bob: string;
let eve: string;
let groups = 0;

const managerPermissions = seededRoles.find(({ slug }) => slug === 'manager')?.permissions ?? [];

beforeAll(async () => {
  world = await startScimWorld();
  [ada, bob, eve] = [await hire(), await hire(), await hire()];
});

afterAll(() => world?.stop());

async function hire(): Promise<string> {
  return (await world.scim('POST', '/Users', { body: newUser() })).body.id;
}

async function create(members: string[] = [], more: Record<string, unknown> = {}): Promise<ScimBody> {
  groups += 1;
  const { status, body } = await world.scim('POST', '/Groups', {
    body: { displayName: `Group ${groups}`, members: members.map((value) => ({ value })), ...more },
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

async function membersOf(id: string): Promise<string[]> {
  const { body } = await world.scim('GET', `/Groups/${id}`);
  return ((body.members ?? []) as { value: string }[]).map(({ value }) => value).sort();
}

const patch = (id: string, ...operations: unknown[]) =>
  world.scim('PATCH', `/Groups/${id}`, { body: patchOf(...operations) });

describe('groups are refused', () => {
  test('of another organization or connection, as if they were not there', async () => {
    const { id } = await create([ada]);
    const { alice } = world.cast;
    const second = await connect(alice, world.provider);
    const beside = scimDirectory(world.s, await newToken(alice, second.id));
    for (const directory of [world.foreign, beside]) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { displayName: 'Mine' }],
        ['PATCH', patchOf({ op: 'remove', path: 'members' })],
        ['DELETE', undefined],
      ] as const) {
        expect((await directory(method, `/Groups/${id}`, { body })).status).toBe(404);
      }
      expect((await directory('GET', '/Groups')).body.totalResults).toBe(0);
    }
    expect((await beside('GET', `/Users/${ada}`)).body.groups).toBeUndefined();
    expect(await membersOf(id)).toEqual([ada]);
  });

  test('with people of another organization, or nobody, and then nothing is changed', async () => {
    const { id } = await create([ada]);
    for (const value of [world.cast.mallory.userId, id, 'nobody', '']) {
      const members = [{ value: bob }, { value }];
      const reply = await patch(
        id,
        { op: 'replace', path: 'displayName', value: 'New' },
        { op: 'add', path: 'members', value: members },
      );
      expect(reply).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
      expect(
        (await world.scim('POST', '/Groups', { body: { displayName: 'Strangers', members } })).status,
      ).toBe(400);
    }
    expect(await membersOf(id)).toEqual([ada]);
    expect((await world.scim('GET', '/Groups?filter=displayName eq "Strangers"')).body.totalResults).toBe(0);
    expect((await world.scim('GET', '/Groups?filter=displayName eq "New"')).body.totalResults).toBe(0);
  });

  test('with the name of another', async () => {
    const first = await create();
    const second = await create();
    const taken = { displayName: String(first.displayName).toUpperCase() };
    expect(await world.scim('POST', '/Groups', { body: taken })).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    expect((await world.scim('PUT', `/Groups/${second.id}`, { body: taken })).status).toBe(409);
    expect((await world.scim('POST', '/Groups', { body: {} })).status).toBe(400);
  });

  test('whose version is another by now', async () => {
    const { id, meta } = await create();
    const etag = (meta as { version: string }).version;
    const headers = { 'if-match': etag };
    const body = patchOf({ op: 'add', path: 'members', value: [{ value: ada }] });
    const first = await world.scim('PATCH', `/Groups/${id}`, { body, headers });
    expect(first.status).toBe(204);
    expect(first.headers.get('etag')).not.toBe(etag);
    for (const [method, late] of [
      ['PATCH', body],
      ['PUT', { displayName: 'Late' }],
      ['DELETE', undefined],
    ] as const) {
      const { status } = await world.scim(method, `/Groups/${id}`, { body: late, headers });
      expect({ method, status }).toEqual({ method, status: 412 });
    }
    expect(await membersOf(id)).toEqual([ada]);
    const current = first.headers.get('etag') ?? '';
    const same = await world.scim('GET', `/Groups/${id}`, { headers: { 'if-none-match': current } });
    expect(same.status).toBe(304);
  });
});

describe('the members of a group', () => {
  test.each([
    ['of Entra', { op: 'Remove', path: 'members', value: [{ value: 'ADA' }] }],
    ['of Okta', { op: 'remove', path: 'members[value eq "ADA"]' }],
    ['with one object', { op: 'remove', path: 'members', value: { value: 'ADA' } }],
    ['with a text', { op: 'REMOVE', path: 'Members', value: ['ADA'] }],
  ])('leave one by one, in the form %s', async (_whose, operation) => {
    const { id } = await create([ada, bob]);
    const sent = JSON.parse(JSON.stringify(operation).replace('ADA', ada)) as unknown;
    expect((await patch(id, sent)).status).toBe(204);
    expect(await membersOf(id)).toEqual([bob]);
    expect((await patch(id, sent)).status).toBe(204);
    expect(await membersOf(id)).toEqual([bob]);
  });

  test.each([
    [[]],
    [null],
    [[{ value: 'zzz" or value pr or value eq "' }]],
    [[{ value: '00000000-0000-7000-8000-000000000000' }]],
  ])('all stay when what is to be removed names nobody: %j', async (value) => {
    const { id } = await create([ada, bob]);
    await patch(id, { op: 'remove', path: 'members', value });
    expect(await membersOf(id)).toEqual([ada, bob].sort());
  });

  test('leave all when no value is named, and are replaced', async () => {
    const { id } = await create([ada, bob]);
    await patch(id, { op: 'replace', path: 'members', value: [{ value: eve }, { value: bob }] });
    expect(await membersOf(id)).toEqual([bob, eve].sort());
    await patch(id, { op: 'remove', path: 'members' });
    expect(await membersOf(id)).toEqual([]);
    await patch(id, { op: 'add', value: { members: [{ value: ada }], externalId: 'x-1', id: 'ignored' } });
    expect((await world.scim('GET', '/Groups?filter=externalId eq "x-1"')).body.Resources).toMatchObject([
      { id, members: [{ value: ada, type: 'User' }] },
    ]);
    const removed = await patch(id, { op: 'remove', path: 'displayName' });
    expect(removed.status).toBe(400);
  });

  test('are found, counted and left out', async () => {
    const { id } = await create([ada, eve]);
    const filter = encodeURIComponent(`id eq "${id}" and members eq "${eve}"`);
    expect((await world.scim('GET', `/Groups?filter=${filter}`)).body.totalResults).toBe(1);
    const other = encodeURIComponent(`id eq "${id}" and members[value eq "${bob}"]`);
    expect((await world.scim('GET', `/Groups?filter=${other}`)).body.totalResults).toBe(0);
    const bare = await world.scim('GET', `/Groups/${id}?excludedAttributes=members`);
    expect(bare.body.members).toBeUndefined();
    const named = await world.scim('GET', `/Groups/${id}?attributes=members.value`);
    expect(named.body).toMatchObject({
      id,
      members: expect.arrayContaining([{ value: ada }, { value: eve }]),
    });
    expect(named.body.displayName).toBeUndefined();
  });

  test('who are added by two at once are all in', async () => {
    const { id } = await create();
    await Promise.all(
      [ada, bob, eve].map((value) => patch(id, { op: 'add', path: 'members', value: [{ value }] })),
    );
    expect(await membersOf(id)).toEqual([ada, bob, eve].sort());
  });

  test('who are deleted are gone from it', async () => {
    const gone = await hire();
    const { id } = await create([ada, gone]);
    await world.scim('DELETE', `/Users/${gone}`);
    expect(await membersOf(id)).toEqual([ada]);
    expect((await patch(id, { op: 'add', path: 'members', value: [{ value: gone }] })).status).toBe(400);
  });

  test('leave no trace when nothing changes', async () => {
    const { id } = await create([ada]);
    await patch(id, { op: 'add', path: 'members', value: [{ value: ada }] });
    await world.scim('PUT', `/Groups/${id}`, {
      body: { displayName: `Group ${groups}`, members: [{ value: ada }] },
    });
    const changes = (await auditOf(world.s, id)).map(({ metadata }) => Object(metadata).change);
    expect(changes).toEqual(['scim_group_created']);
  });
});

describe('a mapped group', () => {
  const roleOf = async (userId: string) => {
    const { user } = await world.cast.alice.client(MemberService).getUser({ userId });
    return user?.role?.slug;
  };
  const map = (...groupMappings: { group: string; target: GroupTarget; targetId: string }[]) =>
    world.cast.alice
      .client(ScimService)
      .setGroupMappings({ connectionId: world.connection.id, groupMappings });
  const limit = (ceiling: readonly number[]) =>
    world.s.database.query('update sso_connection set ceiling = $2 where id = $1', [
      world.connection.id,
      ceiling,
    ]);
  const inTeam = async (teamId: string) =>
    (await world.cast.alice.client(TeamService).listTeamMembers({ teamId })).users.map(({ id }) => id).sort();

  test('that is made while somebody joins carries them as well', async () => {
    const { s, cast } = world;
    const teams = cast.alice.client(TeamService);
    const [old, fresh] = await Promise.all(
      ['Old', 'Fresh'].map(async (name) => (await teams.createTeam({ name })).team?.id ?? ''),
    );
    const { id } = await create([], { displayName: 'Racing' });
    const to = (targetId = '') => ({ group: 'Racing', target: GroupTarget.TEAM, targetId });
    await map(to(old));
    const holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    const waiting = async (count: number) =>
      eventually(`${count} wait`, async () => {
        const locks = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
        return (await s.database.query(locks)).length >= count;
      });
    await holder.query('begin');
    await holder.query('select from roster where id = $1 for update', [old]);
    const joining = patch(id, { op: 'add', path: 'members', value: [{ value: ada }] });
    await waiting(1);
    const mapping = map(to(old), to(fresh));
    await Promise.race([mapping, waiting(2)]);
    await holder.query('commit');
    await holder.end();
    await mapping;
    expect((await joining).status).toBe(204);
    expect(await inTeam(old ?? '')).toEqual([ada]);
    expect(await inTeam(fresh ?? '')).toEqual([ada]);
    await map();
  });

  test('carries its people to a team and an audience group, at once and from then on', async () => {
    const { team } = await world.cast.alice.client(TeamService).createTeam({ name: 'Mapped team' });
    const { group } = await world.cast.alice.client(GroupService).createGroup({ name: 'Mapped group' });
    const teamId = team!.id;
    const scimGroup = await create([ada], { displayName: 'Carried' });
    await map(
      { group: 'carried', target: GroupTarget.TEAM, targetId: teamId },
      { group: 'second', target: GroupTarget.TEAM, targetId: teamId },
      { group: 'Carried', target: GroupTarget.GROUP, targetId: group!.id },
    );
    expect(await inTeam(teamId)).toEqual([ada]);
    // Somebody whom an admin put there stays.
    await world.cast.alice.client(TeamService).addTeamMembers({ teamId, userIds: [world.cast.erin.userId] });
    const second = await create([bob], { displayName: 'Second' });
    await patch(scimGroup.id, { op: 'add', path: 'members', value: [{ value: bob }] });
    expect(await inTeam(teamId)).toEqual([ada, bob, world.cast.erin.userId].sort());
    // Still in by the other group.
    await patch(scimGroup.id, { op: 'remove', path: 'members' });
    expect(await inTeam(teamId)).toEqual([bob, world.cast.erin.userId].sort());
    await world.scim('DELETE', `/Groups/${second.id}`);
    expect(await inTeam(teamId)).toEqual([world.cast.erin.userId]);
    const { users } = await world.cast.alice.client(GroupService).listGroupMembers({ groupId: group!.id });
    expect(users).toEqual([]);
    await world.cast.alice.client(TeamService).deleteTeam({ teamId });
    expect((await patch(scimGroup.id, { op: 'add', path: 'members', value: [{ value: eve }] })).status).toBe(
      204,
    );
    await map();
  });

  test('gives a role, the first that fits, and takes it back', async () => {
    const { manager, admin } = world.cast.acme.roles;
    await map(
      { group: 'Admins', target: GroupTarget.ROLE, targetId: admin },
      { group: 'ext-managers', target: GroupTarget.ROLE, targetId: manager },
    );
    const managers = await create([ada, bob], { displayName: 'Managers', externalId: 'ext-managers' });
    expect([await roleOf(ada), await roleOf(bob), await roleOf(eve)]).toEqual([
      'manager',
      'manager',
      'employee',
    ]);
    const admins = await create([ada], { displayName: 'Admins' });
    expect(await roleOf(ada)).toBe('admin');
    await world.scim('DELETE', `/Groups/${admins.id}`);
    expect(await roleOf(ada)).toBe('manager');
    await patch(managers.id, { op: 'remove', path: 'members', value: [{ value: ada }] });
    expect([await roleOf(ada), await roleOf(bob)]).toEqual(['employee', 'manager']);
    expect((await auditOf(world.s, ada)).filter((event) => event.event_type === 'ROLE_CHANGED')).toHaveLength(
      4,
    );
    await map();
  });

  test('takes no role from the last super admin, and gives none above the connection', async () => {
    const { alice, acme } = world.cast;
    await map({ group: 'Downgraded', target: GroupTarget.ROLE, targetId: acme.roles.employee });
    await create([alice.userId], { displayName: 'Downgraded' });
    expect(await roleOf(alice.userId)).toBe('super_admin');
    await map({ group: 'Upgraded', target: GroupTarget.ROLE, targetId: acme.roles.super_admin });
    const ceiling = [...managerPermissions, Permission.MEMBERS_MANAGE];
    await limit(ceiling);
    await create([bob], { displayName: 'Upgraded' });
    expect(await roleOf(bob)).toBe('manager');
    await limit(organizationPermissions);
  });

  test('brings back who was away', async () => {
    const { team } = await world.cast.alice.client(TeamService).createTeam({ name: 'Returners' });
    const away = await hire();
    await world.scim('PATCH', `/Users/${away}`, {
      body: patchOf({ op: 'replace', path: 'active', value: false }),
    });
    await map({ group: 'Returners', target: GroupTarget.TEAM, targetId: team!.id });
    await create([away], { displayName: 'Returners' });
    expect(await inTeam(team!.id)).toEqual([]);
    await world.scim('PATCH', `/Users/${away}`, {
      body: patchOf({ op: 'replace', path: 'active', value: true }),
    });
    expect(await inTeam(team!.id)).toEqual([away]);
    const { user } = await world.cast.alice.client(MemberService).getUser({ userId: away });
    expect(user?.status).toBe(UserStatus.ACTIVE);
    await map();
  });
});

test('members are shown as a whole or not at all, however many there are', async () => {
  const { id: orgId } = world.cast.acme;
  const { connection, s } = world;
  const prefix = 'Crowd ';
  // Keys are right by construction; looking each of them up would take most of the time.
  await s.database.query('set session_replication_role = replica');
  await s.database.query(
    `with person as (
       insert into identity (id, email) select gen_random_uuid(), 'crowd-' || n || '@acme.example'
         from generate_series(1, 550) n returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id, created_at)
     select $1, gen_random_uuid(), id, email, 'Crowd', 2, $2, now() from person`,
    [orgId, world.cast.acme.roles.employee],
  );
  await s.database.query(
    `insert into scim_group (org_id, connection_id, id, display_name, name_key, version, created_at, updated_at)
     select $1, $2, gen_random_uuid(), $3 || n, lower($3 || n), 1, now(), now() from generate_series(1, 190) n`,
    [orgId, connection.id, prefix],
  );
  await s.database.query(
    `insert into scim_group_member (org_id, connection_id, group_id, user_id)
     select $1, $2, g.id, m.id from scim_group g, member m
      where g.org_id = $1 and g.display_name like $3 || '%' and m.org_id = $1 and m.name = 'Crowd'`,
    [orgId, connection.id, prefix],
  );
  await s.database.query('set session_replication_role = default');
  const list = (query: string) => world.scim('GET', `/Groups?filter=displayName sw "crowd"&${query}`);
  const { status, body } = await list('count=200');
  expect({ status, type: body.scimType }).toEqual({ status: 400, type: 'tooMany' });
  expect((await list('count=200&excludedAttributes=members')).body.Resources).toHaveLength(190);
  const [one] = (await list('count=1')).body.Resources;
  expect(one?.members).toHaveLength(550);
});
