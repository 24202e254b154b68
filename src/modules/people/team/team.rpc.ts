import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AddTeamMembersRequest,
  type AddTeamMembersResponseSchema,
  type CreateTeamRequest,
  type CreateTeamResponseSchema,
  type DeleteTeamRequest,
  type DeleteTeamResponseSchema,
  type GetTeamRequest,
  type GetTeamResponseSchema,
  type ListTeamMembersRequest,
  type ListTeamMembersResponseSchema,
  type ListTeamsRequest,
  type ListTeamsResponseSchema,
  type RemoveTeamMembersRequest,
  type RemoveTeamMembersResponseSchema,
  TeamService,
  type UpdateTeamRequest,
  type UpdateTeamResponseSchema,
} from '@dovecote/contract/pidgr/v1/team_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toColleague, toUser } from '../member/index.js';
import { team, RosterMembers, Rosters } from '../roster/index.js';
import { toTeam } from './team.mapper.js';

@Controller()
export class TeamRpc {
  constructor(
    private readonly rosters: Rosters,
    private readonly members: RosterMembers,
  ) {}

  @Rpc(TeamService.method.createTeam)
  async createTeam(
    request: CreateTeamRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateTeamResponseSchema>> {
    return { team: toTeam(await this.rosters.create(scope, team, request)) };
  }

  @Rpc(TeamService.method.getTeam)
  async getTeam(
    request: GetTeamRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetTeamResponseSchema>> {
    return { team: toTeam(await this.rosters.get(scope, team, request.teamId)) };
  }

  @Rpc(TeamService.method.listTeams)
  async listTeams(
    request: ListTeamsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListTeamsResponseSchema>> {
    const { items, pagination } = await this.rosters.list(scope, team, request.pagination);
    return { teams: items.map(toTeam), pagination };
  }

  @Rpc(TeamService.method.updateTeam)
  async updateTeam(
    request: UpdateTeamRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateTeamResponseSchema>> {
    const change = { ...request, id: request.teamId };
    return { team: toTeam(await this.rosters.update(scope, team, change)) };
  }

  @Rpc(TeamService.method.deleteTeam)
  async deleteTeam(
    request: DeleteTeamRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteTeamResponseSchema>> {
    await this.rosters.delete(scope, team, request.teamId);
    return {};
  }

  @Rpc(TeamService.method.addTeamMembers)
  async addTeamMembers(
    request: AddTeamMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof AddTeamMembersResponseSchema>> {
    const people = { id: request.teamId, userIds: request.userIds };
    return { team: toTeam(await this.members.add(scope, team, people)) };
  }

  @Rpc(TeamService.method.removeTeamMembers)
  async removeTeamMembers(
    request: RemoveTeamMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveTeamMembersResponseSchema>> {
    const people = { id: request.teamId, userIds: request.userIds };
    return { team: toTeam(await this.members.remove(scope, team, people)) };
  }

  @Rpc(TeamService.method.listTeamMembers)
  async listTeamMembers(
    request: ListTeamMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListTeamMembersResponseSchema>> {
    const list = { ...request, id: request.teamId };
    const { items, pagination, detailed } = await this.members.list(scope, team, list);
    return { users: items.map(detailed ? toUser : toColleague), pagination };
  }
}
