import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { v7 as uuid } from 'uuid';
import { type Actor, addApiKey, type Cast, seedCast } from '../support/cast.js';
import { hire, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { describeRosters } from '../support/roster-behaviour.js';
import { pageOf, present, type RosterClient } from '../support/rosters.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s.stop());

function groupsOf(who: Actor): RosterClient {
  const client = who.client(GroupService);
  return {
    create: async (init) => present((await client.createGroup(init)).group),
    get: async (groupId) => present((await client.getGroup({ groupId })).group),
    list: async (pagination) => {
      const page = await client.listGroups({ pagination });
      return pageOf(page.groups, page);
    },
    update: async ({ id, ...change }) =>
      present((await client.updateGroup({ groupId: id, ...change })).group),
    delete: (groupId) => client.deleteGroup({ groupId }),
    add: async (groupId, userIds) => present((await client.addGroupMembers({ groupId, userIds })).group),
    remove: async (groupId, userIds) =>
      present((await client.removeGroupMembers({ groupId, userIds })).group),
    members: async (groupId, pagination) => {
      const page = await client.listGroupMembers({ groupId, pagination });
      return pageOf(page.users, page);
    },
  };
}

describeRosters(
  {
    word: 'group',
    write: P.GROUPS_WRITE,
    readAll: P.GROUPS_ALL_READ,
    writeAll: P.GROUPS_ALL_WRITE,
    of: groupsOf,
  },
  () => ({ s, cast }),
);

test('a group is no team', async () => {
  const name = 'Night shift';
  const group = await groupsOf(cast.alice).create({ name });
  const teams = cast.alice.client(TeamService);
  const refusal = await refusalOf(teams.getTeam({ teamId: group.id }));
  expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'TEAM_NOT_FOUND' });
  expect((await teams.createTeam({ name })).team).toMatchObject({ name });
});

describe('the groups of many users', () => {
  const memberships = async (who: Actor, userIds: string[]): Promise<Record<string, string[]>> => {
    const answer = await who.client(GroupService).getUserGroupMemberships({ userIds });
    return Object.fromEntries(
      answer.memberships.map(({ userId, groups }) => [userId, groups.map(({ name }) => name)]),
    );
  };

  test('are refused to whoever may not see all groups', async () => {
    const limited = await addApiKey(s, cast.acme, [P.GROUPS_WRITE, P.MEMBERS_READ]);
    for (const who of [cast.erin, limited]) {
      expect(await refusalOf(memberships(who, [cast.erin.userId]))).toMatchObject({
        code: Code.PermissionDenied,
        message: 'This needs PERMISSION_GROUPS_ALL_READ or PERMISSION_GROUPS_ALL_WRITE.',
      });
    }
  });

  test('are asked for 1 to 200 users', async () => {
    for (const userIds of [[], Array.from({ length: 201 }, () => uuid()), ['x']]) {
      expect((await refusalOf(memberships(cast.max, userIds))).code).toBe(Code.InvalidArgument);
    }
    expect(
      await memberships(
        cast.max,
        Array.from({ length: 200 }, () => uuid()),
      ),
    ).toEqual({});
  });

  test('are told of the caller’s organization only, newest first, in the order of the request', async () => {
    const [first, second, gone] = await Promise.all([1, 2, 3].map(() => hire(s, cast.acme)));
    if (!first || !second || !gone) throw new Error('Nobody was hired.');
    const groups = groupsOf(cast.alice);
    const old = await groups.create({ name: 'Old' });
    const young = await groups.create({ name: 'Young' });
    await groups.add(old.id, [first.userId, gone.userId]);
    await groups.add(young.id, [first.userId]);
    await members(cast.alice).deactivateUser({ userId: gone.userId });
    const userIds = [
      second.userId,
      first.userId.toUpperCase(),
      cast.mallory.userId,
      gone.userId,
      first.userId,
    ];
    const found = await memberships(cast.max, userIds);
    expect(found).toEqual({
      [second.userId]: ['Everyone'],
      [first.userId]: ['Young', 'Old', 'Everyone'],
      [gone.userId]: ['Old'],
    });
    expect(Object.keys(found)).toEqual([second.userId, first.userId, gone.userId]);
    await groups.delete(young.id);
    expect(await memberships(cast.max, [first.userId])).toEqual({ [first.userId]: ['Old', 'Everyone'] });
  });

  test('come with their counts', async () => {
    const { memberships } = await cast.kiosk
      .client(GroupService)
      .getUserGroupMemberships({ userIds: [cast.erin.userId] });
    const [group] = memberships[0]?.groups ?? [];
    expect(group).toEqual(
      await cast.alice
        .client(GroupService)
        .getGroup({ groupId: group?.id })
        .then((answer) => answer.group),
    );
  });
});
