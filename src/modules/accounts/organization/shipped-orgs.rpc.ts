import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateRequest,
  type CreateResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type InviteMemberRequest,
  type InviteMemberResponseSchema,
  type LeaveRequest,
  type LeaveResponseSchema,
  type ListInvitationsRequest,
  type ListInvitationsResponseSchema,
  type ListMembersRequest,
  type ListMembersResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  OrgsService,
  type RemoveMemberRequest,
  type RemoveMemberResponseSchema,
  type ResendInviteRequest,
  type ResendInviteResponseSchema,
  type RevokeInviteRequest,
  type RevokeInviteResponseSchema,
  type UpdateDisplayNameRequest,
  type UpdateDisplayNameResponseSchema,
  type UpdateMemberRoleRequest,
  type UpdateMemberRoleResponseSchema,
} from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AnalyticsInvitations } from './analytics-invitations.service.js';
import { AnalyticsMembers } from './analytics-members.service.js';
import { NewOrganizations } from './new-organizations.service.js';
import { OwnOrganizations } from './own-organizations.service.js';
import { toOrg, toOrgInvitation, toOrgMember, toRoleView } from './shipped-orgs.mapper.js';

@Controller()
export class ShippedOrgsRpc {
  constructor(
    private readonly own: OwnOrganizations,
    private readonly founding: NewOrganizations,
    private readonly members: AnalyticsMembers,
    private readonly invitations: AnalyticsInvitations,
  ) {}

  @Rpc(OrgsService.method.list)
  async list(_request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    return { orgs: (await this.own.list(scope)).map(toOrg) };
  }

  @Rpc(OrgsService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { org: toOrg(await this.own.get(scope)) };
  }

  @Rpc(OrgsService.method.create)
  async create(
    { displayName: name }: CreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateResponseSchema>> {
    return { org: toOrg(await this.founding.create(scope, { name, withPublicKey: true })) };
  }

  @Rpc(OrgsService.method.updateDisplayName)
  async updateDisplayName(
    { displayName }: UpdateDisplayNameRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateDisplayNameResponseSchema>> {
    return { org: toOrg(await this.own.rename(scope, displayName)) };
  }

  @Rpc(OrgsService.method.leave)
  async leave(_request: LeaveRequest, scope: Scope): Promise<MessageInitShape<typeof LeaveResponseSchema>> {
    await this.own.leave(scope);
    return {};
  }

  @Rpc(OrgsService.method.listMembers)
  async listMembers(
    _request: ListMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListMembersResponseSchema>> {
    return { members: (await this.members.list(scope)).map(toOrgMember) };
  }

  @Rpc(OrgsService.method.removeMember)
  async removeMember(
    { customerId }: RemoveMemberRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveMemberResponseSchema>> {
    await this.members.remove(scope, customerId);
    return {};
  }

  @Rpc(OrgsService.method.updateMemberRole)
  async updateMemberRole(
    { customerId, role }: UpdateMemberRoleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateMemberRoleResponseSchema>> {
    return { member: toOrgMember(await this.members.changeRole(scope, customerId, toRoleView(role))) };
  }

  @Rpc(OrgsService.method.inviteMember)
  async inviteMember(
    { email, role }: InviteMemberRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof InviteMemberResponseSchema>> {
    const request = { email, role: toRoleView(role), renews: false };
    return { invitation: toOrgInvitation(await this.invitations.invite(scope, request)) };
  }

  @Rpc(OrgsService.method.resendInvite)
  async resendInvite(
    { invitationId }: ResendInviteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResendInviteResponseSchema>> {
    return { invitation: toOrgInvitation(await this.invitations.resend(scope, invitationId)) };
  }

  @Rpc(OrgsService.method.revokeInvite)
  async revokeInvite(
    { invitationId }: RevokeInviteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeInviteResponseSchema>> {
    await this.invitations.revoke(scope, invitationId);
    return {};
  }

  @Rpc(OrgsService.method.listInvitations)
  async listInvitations(
    _request: ListInvitationsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListInvitationsResponseSchema>> {
    return { invitations: (await this.invitations.list(scope)).map(toOrgInvitation) };
  }
}
