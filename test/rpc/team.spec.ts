import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
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

function teamsOf(who: Actor): RosterClient {
  const client = who.client(TeamService);
  return {
    create: async (init) => present((await client.createTeam(init)).team),
    get: async (teamId) => present((await client.getTeam({ teamId })).team),
    list: async (pagination) => {
      const page = await client.listTeams({ pagination });
      return pageOf(page.teams, page);
    },
    update: async ({ id, ...change }) => present((await client.updateTeam({ teamId: id, ...change })).team),
    delete: (teamId) => client.deleteTeam({ teamId }),
    add: async (teamId, userIds) => present((await client.addTeamMembers({ teamId, userIds })).team),
    remove: async (teamId, userIds) => present((await client.removeTeamMembers({ teamId, userIds })).team),
    members: async (teamId, pagination) => {
      const page = await client.listTeamMembers({ teamId, pagination });
      return pageOf(page.users, page);
    },
  };
}

describeRosters(
  {
    word: 'team',
    write: P.TEAMS_WRITE,
    readAll: P.TEAMS_ALL_READ,
    writeAll: P.TEAMS_ALL_WRITE,
    of: teamsOf,
  },
  () => ({ s, cast }),
);

test('a team is no group', async () => {
  const team = await teamsOf(cast.alice).create({ name: 'Day shift' });
  const call = cast.alice.client(GroupService).deleteGroup({ groupId: team.id });
  expect(await refusalOf(call)).toMatchObject({ code: Code.NotFound, reason: 'GROUP_NOT_FOUND' });
  expect(await teamsOf(cast.alice).get(team.id)).toEqual(team);
});
