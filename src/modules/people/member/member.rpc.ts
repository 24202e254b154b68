import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BulkInviteUsersRequest,
  type BulkInviteUsersResponseSchema,
  type DeactivateUserRequest,
  type DeactivateUserResponseSchema,
  type GetUserRequest,
  type GetUserResponseSchema,
  type GetUserSettingsRequest,
  type GetUserSettingsResponseSchema,
  type InviteUserRequest,
  type InviteUserResponseSchema,
  type ListUsersRequest,
  type ListUsersResponseSchema,
  MemberService,
  type ReactivateUserRequest,
  type ReactivateUserResponseSchema,
  type RevokeInviteRequest,
  type RevokeInviteResponseSchema,
  type UpdateUserProfileRequest,
  type UpdateUserProfileResponseSchema,
  type UpdateUserRegionRequest,
  type UpdateUserRegionResponseSchema,
  type UpdateUserRoleRequest,
  type UpdateUserRoleResponseSchema,
  type UpdateUserSettingsRequest,
  type UpdateUserSettingsResponseSchema,
} from '@dovecote/contract/pidgr/v1/member_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { BulkInvitations } from './bulk-invitations.service.js';
import { Invitations } from './invitations.service.js';
import { toBulkInviteResult, toProfileRequest, toUser, toUserSettings } from './member.mapper.js';
import { Members } from './member.service.js';

@Controller()
export class MemberRpc {
  constructor(
    private readonly members: Members,
    private readonly invitations: Invitations,
    private readonly bulkInvitations: BulkInvitations,
  ) {}

  @Rpc(MemberService.method.inviteUser)
  async inviteUser(
    request: InviteUserRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof InviteUserResponseSchema>> {
    const { email, name, roleId, profile, dataGovernanceRegion } = request;
    const invitation = { email, name, roleId, dataGovernanceRegion, ...toProfileRequest(profile) };
    return { user: toUser(await this.invitations.invite(scope, invitation)) };
  }

  @Rpc(MemberService.method.getUser)
  async getUser(
    request: GetUserRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetUserResponseSchema>> {
    return { user: toUser(await this.members.get(scope, request.userId)) };
  }

  @Rpc(MemberService.method.listUsers)
  async listUsers(
    request: ListUsersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListUsersResponseSchema>> {
    const { items, pagination } = await this.members.list(scope, request.pagination);
    return { users: items.map(toUser), pagination };
  }

  @Rpc(MemberService.method.updateUserRole)
  async updateUserRole(
    request: UpdateUserRoleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateUserRoleResponseSchema>> {
    const input = { id: request.userId, roleId: request.roleId };
    return { user: toUser(await this.members.changeRole(scope, input)) };
  }

  @Rpc(MemberService.method.deactivateUser)
  async deactivateUser(
    request: DeactivateUserRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeactivateUserResponseSchema>> {
    return { user: toUser(await this.members.deactivate(scope, request.userId)) };
  }

  @Rpc(MemberService.method.reactivateUser)
  async reactivateUser(
    request: ReactivateUserRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ReactivateUserResponseSchema>> {
    return { user: toUser(await this.members.reactivate(scope, request.userId)) };
  }

  @Rpc(MemberService.method.revokeInvite)
  async revokeInvite(
    request: RevokeInviteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeInviteResponseSchema>> {
    await this.members.revokeInvitation(scope, request.userId);
    return {};
  }

  @Rpc(MemberService.method.updateUserProfile)
  async updateUserProfile(
    request: UpdateUserProfileRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateUserProfileResponseSchema>> {
    const profile = toProfileRequest(request.profile);
    return { user: toUser(await this.members.describe(scope, request.userId, profile)) };
  }

  @Rpc(MemberService.method.getUserSettings)
  async getUserSettings(
    _request: GetUserSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetUserSettingsResponseSchema>> {
    return { settings: toUserSettings(await this.members.self(scope)) };
  }

  @Rpc(MemberService.method.updateUserSettings)
  async updateUserSettings(
    request: UpdateUserSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateUserSettingsResponseSchema>> {
    const { themePreference = 0, preferredLocale = '' } = request.settings ?? {};
    const member = await this.members.choose(scope, { themePreference, preferredLocale });
    return { settings: toUserSettings(member) };
  }

  @Rpc(MemberService.method.bulkInviteUsers)
  async bulkInviteUsers(
    request: BulkInviteUsersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BulkInviteUsersResponseSchema>> {
    const results = (await this.bulkInvitations.invite(scope, request)).map(toBulkInviteResult);
    const invitedCount = results.filter(({ success }) => success).length;
    return { results, invitedCount, failedCount: results.length - invitedCount };
  }

  @Rpc(MemberService.method.updateUserRegion)
  async updateUserRegion(
    request: UpdateUserRegionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateUserRegionResponseSchema>> {
    const input = { id: request.userId, region: request.dataGovernanceRegion };
    const { member, changeId } = await this.members.changeRegion(scope, input);
    return { user: toUser(member), migrationWorkflowId: changeId };
  }
}
