import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type AcceptInvitationRequest,
  type AcceptInvitationResponseSchema,
  type DeclineInvitationRequest,
  type DeclineInvitationResponseSchema,
  type LeaveOrganizationRequest,
  type LeaveOrganizationResponseSchema,
  type ListInvitationsRequest,
  type ListInvitationsResponseSchema,
  MembershipService,
} from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { OwnMemberships } from './own-memberships.service.js';

@Controller()
export class OwnMembershipRpc {
  constructor(private readonly memberships: OwnMemberships) {}

  @Rpc(MembershipService.method.listInvitations)
  async listInvitations(
    _request: ListInvitationsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListInvitationsResponseSchema>> {
    const open = await this.memberships.invitations(scope);
    return {
      invitations: open.map(({ orgId, organizationName, roleSlug, roleName, ...invitation }) => ({
        orgId,
        organizationName,
        roleSlug,
        roleName,
        invitedAt: timestampFromDate(invitation.invitedAt),
        provenDomain: invitation.ofProvenDomain,
        ssoRequired: invitation.ssoEnforced,
      })),
    };
  }

  @Rpc(MembershipService.method.acceptInvitation)
  async acceptInvitation(
    request: AcceptInvitationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof AcceptInvitationResponseSchema>> {
    await this.memberships.accept(scope, request.orgId.toLowerCase());
    return {};
  }

  @Rpc(MembershipService.method.declineInvitation)
  async declineInvitation(
    request: DeclineInvitationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeclineInvitationResponseSchema>> {
    await this.memberships.decline(scope, request.orgId.toLowerCase());
    return {};
  }

  @Rpc(MembershipService.method.leaveOrganization)
  async leaveOrganization(
    request: LeaveOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof LeaveOrganizationResponseSchema>> {
    await this.memberships.leave(scope, request.orgId.toLowerCase());
    return {};
  }
}
