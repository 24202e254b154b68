import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateSandboxOrganizationRequest,
  type CreateSandboxOrganizationResponseSchema,
  type DeleteSandboxOrganizationRequest,
  type DeleteSandboxOrganizationResponseSchema,
  type ListSandboxFixturesRequest,
  ListSandboxFixturesResponseSchema,
  type ListUserSandboxesRequest,
  type ListUserSandboxesResponseSchema,
  OrganizationService,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toUser } from '../member/index.js';
import { fixtures } from './fixtures/index.js';
import { toListedOrganization, toNewSandbox, toOrganization } from './organization.mapper.js';
import { Sandboxes } from './sandbox.service.js';

/** The same for everybody, so it is made once. */
const fixtureCatalogue = create(ListSandboxFixturesResponseSchema, {
  fixtures: fixtures.map(({ id, name, description, isDefault }) => ({ id, name, description, isDefault })),
});

@Controller()
export class SandboxRpc {
  constructor(private readonly sandboxes: Sandboxes) {}

  @Rpc(OrganizationService.method.createSandboxOrganization)
  async createSandboxOrganization(
    request: CreateSandboxOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateSandboxOrganizationResponseSchema>> {
    const { organization, admin } = await this.sandboxes.create(scope, toNewSandbox(request));
    return { organization: toOrganization(organization), adminUser: toUser(admin) };
  }

  @Rpc(OrganizationService.method.deleteSandboxOrganization)
  async deleteSandboxOrganization(
    request: DeleteSandboxOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteSandboxOrganizationResponseSchema>> {
    return { workflowId: await this.sandboxes.delete(scope, request.orgId.toLowerCase()) };
  }

  @Rpc(OrganizationService.method.listSandboxFixtures)
  listSandboxFixtures(
    _request: ListSandboxFixturesRequest,
    _scope: Scope,
  ): Promise<MessageInitShape<typeof ListSandboxFixturesResponseSchema>> {
    return Promise.resolve(fixtureCatalogue);
  }

  @Rpc(OrganizationService.method.listUserSandboxes)
  async listUserSandboxes(
    _request: ListUserSandboxesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListUserSandboxesResponseSchema>> {
    return { sandboxes: (await this.sandboxes.listOwn(scope)).map(toListedOrganization) };
  }
}
