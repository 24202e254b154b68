import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateInviteLinkRequest,
  type CreateInviteLinkResponseSchema,
  InviteLinkService,
  type ListInviteLinksRequest,
  type ListInviteLinksResponseSchema,
  type RedeemInviteLinkRequest,
  type RedeemInviteLinkResponseSchema,
  type RevokeInviteLinkRequest,
  type RevokeInviteLinkResponseSchema,
  type ValidateInviteLinkRequest,
  type ValidateInviteLinkResponseSchema,
} from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toInviteLink } from './invite-link.mapper.js';
import { InviteLinks } from './invite-links.service.js';
import { Redemptions } from './redemptions.service.js';

@Controller()
export class InviteLinkRpc {
  constructor(
    private readonly links: InviteLinks,
    private readonly redemptions: Redemptions,
  ) {}

  @Rpc(InviteLinkService.method.createInviteLink)
  async createInviteLink(
    request: CreateInviteLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateInviteLinkResponseSchema>> {
    const { link, url } = await this.links.create(scope, request);
    return { inviteLink: toInviteLink(link), url };
  }

  @Rpc(InviteLinkService.method.listInviteLinks)
  async listInviteLinks(
    _request: ListInviteLinksRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListInviteLinksResponseSchema>> {
    return { inviteLinks: (await this.links.list(scope)).map(toInviteLink) };
  }

  @Rpc(InviteLinkService.method.revokeInviteLink)
  async revokeInviteLink(
    request: RevokeInviteLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeInviteLinkResponseSchema>> {
    await this.links.revoke(scope, request.inviteLinkId.toLowerCase());
    return {};
  }

  @Rpc(InviteLinkService.method.validateInviteLink)
  async validateInviteLink(
    request: ValidateInviteLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ValidateInviteLinkResponseSchema>> {
    return { organizationName: await this.redemptions.validate(scope, request) };
  }

  @Rpc(InviteLinkService.method.redeemInviteLink)
  async redeemInviteLink(
    request: RedeemInviteLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RedeemInviteLinkResponseSchema>> {
    return { organizationName: await this.redemptions.redeem(scope, request.token) };
  }
}
