import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GroupTarget, ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { DataSource } from 'typeorm';
import { WhatGroupsGave } from '../../migrations/0034-what-groups-gave.js';
import { newUser, patchOf, type ScimWorld, startScimWorld } from '../support/scim.js';

let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});
afterAll(() => world?.stop());

async function hire(): Promise<string> {
  return (await world.scim('POST', '/Users', { body: newUser() })).body.id;
}

async function newTeam(name: string): Promise<string> {
  return (await world.cast.alice.client(TeamService).createTeam({ name })).team!.id;
}

async function newGroup(displayName: string, memberIds: string[], externalId?: string): Promise<string> {
  const members = memberIds.map((value) => ({ value }));
  const { status, body } = await world.scim('POST', '/Groups', {
    body: { displayName, externalId, members },
  });
  expect(status).toBe(201);
  return body.id;
}

const patch = async (id: string, ...operations: unknown[]) => {
  expect((await world.scim('PATCH', `/Groups/${id}`, { body: patchOf(...operations) })).status).toBe(204);
};
const rename = (id: string, value: string) => patch(id, { op: 'replace', path: 'displayName', value });
const removeAll = (id: string) => patch(id, { op: 'remove', path: 'members' });

const map = (...groupMappings: { group: string; target: GroupTarget; targetId: string }[]) =>
  world.cast.alice.client(ScimService).setGroupMappings({ connectionId: world.connection.id, groupMappings });
const toTeam = (group: string, targetId: string) => ({ group, target: GroupTarget.TEAM, targetId });
const toRole = (group: string, targetId: string) => ({ group, target: GroupTarget.ROLE, targetId });

const inTeam = async (teamId: string) =>
  (await world.cast.alice.client(TeamService).listTeamMembers({ teamId })).users.map(({ id }) => id).sort();
const roleOf = async (userId: string) =>
  (await world.cast.alice.client(MemberService).getUser({ userId })).user?.role?.slug;

test('what a group gave goes with its name, comes back with it, and goes with its people and with itself', async () => {
  const [one, two, team] = [await hire(), await hire(), await newTeam('Operations')];
  await map(toTeam('Ops', team), toRole('OPS', world.cast.acme.roles.manager));
  const id = await newGroup(' Ops ', [one, two]);
  const standing = async () => [await inTeam(team), await roleOf(one), await roleOf(two)];
  const all = [[one, two].sort(), 'manager', 'manager'];
  expect(await standing()).toEqual(all);
  await rename(id, 'Operations');
  expect(await standing()).toEqual([[], 'employee', 'employee']);
  await rename(id, 'ops');
  expect(await standing()).toEqual(all);
  await patch(id, { op: 'remove', path: 'members', value: [{ value: one }] });
  expect(await standing()).toEqual([[two], 'employee', 'manager']);
  await world.scim('DELETE', `/Groups/${id}`);
  expect(await standing()).toEqual([[], 'employee', 'employee']);
});

test('a mapping by externalId follows its group through every name', async () => {
  const [one, team] = [await hire(), await newTeam('By id')];
  await map(toTeam('ext-7', team));
  const id = await newGroup('Whatever', [one], 'ext-7');
  await rename(id, 'Something else');
  expect(await inTeam(team)).toEqual([one]);
  await removeAll(id);
  expect(await inTeam(team)).toEqual([]);
});

test('whoever an admin put somewhere stays, although a group leads there too', async () => {
  const [one, two, team] = [await hire(), await hire(), await newTeam('Mixed')];
  await world.cast.alice.client(TeamService).addTeamMembers({ teamId: team, userIds: [one] });
  await world.cast.alice
    .client(MemberService)
    .updateUserRole({ userId: one, roleId: world.cast.acme.roles.manager });
  await map(toTeam('Mixed', team), toRole('Mixed', world.cast.acme.roles.manager));
  const id = await newGroup('Mixed', [one, two]);
  await removeAll(id);
  expect(await inTeam(team)).toEqual([one]);
  expect([await roleOf(one), await roleOf(two)]).toEqual(['manager', 'employee']);
});

test('what a mapping that is gone gave is taken back when its people leave', async () => {
  const [one, team] = [await hire(), await newTeam('Was mapped')];
  await map(toTeam('Was mapped', team), toRole('Was mapped', world.cast.acme.roles.manager));
  const id = await newGroup('Was mapped', [one]);
  await map();
  expect([await inTeam(team), await roleOf(one)]).toEqual([[one], 'manager']);
  await removeAll(id);
  expect([await inTeam(team), await roleOf(one)]).toEqual([[], 'employee']);
});

test('what two groups lead to is kept until both are left', async () => {
  const [one, team] = [await hire(), await newTeam('Twice')];
  const { manager } = world.cast.acme.roles;
  await map(...['A', 'B'].flatMap((name) => [toTeam(name, team), toRole(name, manager)]));
  const [a, b] = [await newGroup('A', [one]), await newGroup('B', [one])];
  await removeAll(a);
  expect([await inTeam(team), await roleOf(one)]).toEqual([[one], 'manager']);
  await rename(b, 'C');
  expect([await inTeam(team), await roleOf(one)]).toEqual([[], 'employee']);
});

test('what groups had given before it was noted down counts as given by them', async () => {
  const [one, team] = [await hire(), await newTeam('Noted')];
  const { manager } = world.cast.acme.roles;
  await map(toTeam('noted', team), toRole('Noted', manager));
  const id = await newGroup('Noted', [one]);
  const { database } = world.s;
  await database.query('alter table scim_group_member drop column gave');
  const owner = await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize();
  await owner.transaction(({ queryRunner }) => new WhatGroupsGave().up(queryRunner!));
  await owner.destroy();
  const [row] = await database.query('select gave from scim_group_member where group_id = $1', [id]);
  expect(row).toEqual({ gave: [`${GroupTarget.TEAM}:${team}`, `${GroupTarget.ROLE}:${manager}`] });
  await removeAll(id);
  expect([await inTeam(team), await roleOf(one)]).toEqual([[], 'employee']);
});
