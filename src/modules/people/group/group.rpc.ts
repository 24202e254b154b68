import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AddGroupMembersRequest,
  type AddGroupMembersResponseSchema,
  type CreateGroupRequest,
  type CreateGroupResponseSchema,
  type DeleteGroupRequest,
  type DeleteGroupResponseSchema,
  type GetGroupRequest,
  type GetGroupResponseSchema,
  type GetUserGroupMembershipsRequest,
  type GetUserGroupMembershipsResponseSchema,
  GroupService,
  type ListGroupMembersRequest,
  type ListGroupMembersResponseSchema,
  type ListGroupsRequest,
  type ListGroupsResponseSchema,
  type RemoveGroupMembersRequest,
  type RemoveGroupMembersResponseSchema,
  type UpdateGroupRequest,
  type UpdateGroupResponseSchema,
} from '@dovecote/contract/pidgr/v1/group_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toColleague, toUser } from '../member/index.js';
import { group, RosterMembers, Rosters } from '../roster/index.js';
import { toGroup, toUserGroupMembership } from './group.mapper.js';

@Controller()
export class GroupRpc {
  constructor(
    private readonly rosters: Rosters,
    private readonly members: RosterMembers,
  ) {}

  @Rpc(GroupService.method.createGroup)
  async createGroup(
    request: CreateGroupRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateGroupResponseSchema>> {
    return { group: toGroup(await this.rosters.create(scope, group, request)) };
  }

  @Rpc(GroupService.method.getGroup)
  async getGroup(
    request: GetGroupRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetGroupResponseSchema>> {
    return { group: toGroup(await this.rosters.get(scope, group, request.groupId)) };
  }

  @Rpc(GroupService.method.listGroups)
  async listGroups(
    request: ListGroupsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListGroupsResponseSchema>> {
    const { items, pagination } = await this.rosters.list(scope, group, request.pagination);
    return { groups: items.map(toGroup), pagination };
  }

  @Rpc(GroupService.method.updateGroup)
  async updateGroup(
    request: UpdateGroupRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateGroupResponseSchema>> {
    const change = { ...request, id: request.groupId };
    return { group: toGroup(await this.rosters.update(scope, group, change)) };
  }

  @Rpc(GroupService.method.deleteGroup)
  async deleteGroup(
    request: DeleteGroupRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteGroupResponseSchema>> {
    await this.rosters.delete(scope, group, request.groupId);
    return {};
  }

  @Rpc(GroupService.method.addGroupMembers)
  async addGroupMembers(
    request: AddGroupMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof AddGroupMembersResponseSchema>> {
    const people = { id: request.groupId, userIds: request.userIds };
    return { group: toGroup(await this.members.add(scope, group, people)) };
  }

  @Rpc(GroupService.method.removeGroupMembers)
  async removeGroupMembers(
    request: RemoveGroupMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveGroupMembersResponseSchema>> {
    const people = { id: request.groupId, userIds: request.userIds };
    return { group: toGroup(await this.members.remove(scope, group, people)) };
  }

  @Rpc(GroupService.method.listGroupMembers)
  async listGroupMembers(
    request: ListGroupMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListGroupMembersResponseSchema>> {
    const list = { ...request, id: request.groupId };
    const { items, pagination, detailed } = await this.members.list(scope, group, list);
    return { users: items.map(detailed ? toUser : toColleague), pagination };
  }

  @Rpc(GroupService.method.getUserGroupMemberships)
  async getUserGroupMemberships(
    request: GetUserGroupMembershipsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetUserGroupMembershipsResponseSchema>> {
    const memberships = await this.members.memberships(scope, group, request.userIds);
    return { memberships: memberships.map(toUserGroupMembership) };
  }
}
