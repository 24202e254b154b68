import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateRequest,
  type CreateResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type InviteMemberRequest,
  type InviteMemberResponseSchema,
  type ListMembersRequest,
  type ListMembersResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  OrgsService,
  type RemoveMemberRequest,
  type RemoveMemberResponseSchema,
  type UpdateRequest,
  type UpdateResponseSchema,
} from '@dovecote/contract/orgs/v1/orgs_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AnalyticsInvitations } from './analytics-invitations.service.js';
import { AnalyticsMembers } from './analytics-members.service.js';
import { toInvitation, toInvitedMember, toMember, toOrg, toRoleView } from './documented-orgs.mapper.js';
import { NewOrganizations } from './new-organizations.service.js';
import { OwnOrganizations } from './own-organizations.service.js';

@Controller()
export class DocumentedOrgsRpc {
  constructor(
    private readonly own: OwnOrganizations,
    private readonly founding: NewOrganizations,
    private readonly members: AnalyticsMembers,
    private readonly invitations: AnalyticsInvitations,
  ) {}

  @Rpc(OrgsService.method.create)
  async create(
    { name }: CreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateResponseSchema>> {
    // A key of this contract is shown once: it is made where it can be seen.
    return { org: toOrg(await this.founding.create(scope, { name, withPublicKey: false })) };
  }

  @Rpc(OrgsService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { org: toOrg(await this.own.get(scope)) };
  }

  @Rpc(OrgsService.method.list)
  async list(_request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    return { orgs: (await this.own.list(scope)).map(toOrg) };
  }

  @Rpc(OrgsService.method.update)
  async update(
    { name }: UpdateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateResponseSchema>> {
    return { org: toOrg(await this.own.rename(scope, name)) };
  }

  @Rpc(OrgsService.method.inviteMember)
  async inviteMember(
    { email, role }: InviteMemberRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof InviteMemberResponseSchema>> {
    const request = { email, role: toRoleView(role), renews: true };
    return { invitation: toInvitation(await this.invitations.invite(scope, request)) };
  }

  @Rpc(OrgsService.method.listMembers)
  async listMembers(
    _request: ListMembersRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListMembersResponseSchema>> {
    const members = await this.members.list(scope);
    const open = await this.invitations.listOpen(scope);
    return { members: [...members.map(toMember), ...open.map(toInvitedMember)] };
  }

  @Rpc(OrgsService.method.removeMember)
  async removeMember(
    { id }: RemoveMemberRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveMemberResponseSchema>> {
    await this.members.removeOrRevoke(scope, id);
    return {};
  }
}
