import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateOrganizationRequest,
  type CreateOrganizationResponseSchema,
  type GetOrganizationRequest,
  type GetOrganizationResponseSchema,
  type ListUserOrganizationsRequest,
  type ListUserOrganizationsResponseSchema,
  OrganizationService,
  type UpdateOrganizationRequest,
  type UpdateOrganizationResponseSchema,
  type UpdateSsoAttributeMappingsRequest,
  type UpdateSsoAttributeMappingsResponseSchema,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toUser } from '../member/index.js';
import {
  toDescribedOrganization,
  toNewOrganization,
  toListedOrganization,
  toOrganization,
  toOrganizationRequest,
} from './organization.mapper.js';
import { Organizations } from './organization.service.js';

@Controller()
export class OrganizationRpc {
  constructor(private readonly organizations: Organizations) {}

  @Rpc(OrganizationService.method.createOrganization)
  async createOrganization(
    request: CreateOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateOrganizationResponseSchema>> {
    const { organization, admin } = await this.organizations.create(scope, toNewOrganization(request));
    return { organization: toOrganization(organization), adminUser: toUser(admin) };
  }

  @Rpc(OrganizationService.method.getOrganization)
  async getOrganization(
    _request: GetOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetOrganizationResponseSchema>> {
    return { organization: toDescribedOrganization(await this.organizations.describe(scope)) };
  }

  @Rpc(OrganizationService.method.updateOrganization)
  async updateOrganization(
    request: UpdateOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateOrganizationResponseSchema>> {
    await this.organizations.update(scope, toOrganizationRequest(request));
    return { organization: toDescribedOrganization(await this.organizations.describe(scope)) };
  }

  @Rpc(OrganizationService.method.updateSsoAttributeMappings)
  async updateSsoAttributeMappings(
    request: UpdateSsoAttributeMappingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateSsoAttributeMappingsResponseSchema>> {
    const mappings = request.ssoAttributeMappings.map(({ idpClaim, profileField }) => ({
      idpClaim,
      profileField,
    }));
    await this.organizations.mapSsoAttributes(scope, mappings);
    return { organization: toDescribedOrganization(await this.organizations.describe(scope)) };
  }

  @Rpc(OrganizationService.method.listUserOrganizations)
  async listUserOrganizations(
    _request: ListUserOrganizationsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListUserOrganizationsResponseSchema>> {
    return { organizations: (await this.organizations.listOwn(scope)).map(toListedOrganization) };
  }
}
