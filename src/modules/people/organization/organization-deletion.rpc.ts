import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CancelOrganizationDeletionRequest,
  type CancelOrganizationDeletionResponseSchema,
  type DeleteOrganizationRequest,
  type DeleteOrganizationResponseSchema,
  type GetOrganizationDeletionRequest,
  type GetOrganizationDeletionResponseSchema,
  OrganizationDeletionService,
} from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDeletion } from './organization-deletion.mapper.js';
import { exportAdvice } from './organization-deletion.rules.js';
import { OrganizationDeletions } from './organization-deletion.service.js';

@Controller()
export class OrganizationDeletionRpc {
  constructor(private readonly deletions: OrganizationDeletions) {}

  @Rpc(OrganizationDeletionService.method.deleteOrganization)
  async deleteOrganization(
    { confirmationName }: DeleteOrganizationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteOrganizationResponseSchema>> {
    const deletion = await this.deletions.request(scope, confirmationName);
    return { deletion: toDeletion(deletion), advice: exportAdvice };
  }

  @Rpc(OrganizationDeletionService.method.cancelOrganizationDeletion)
  async cancelOrganizationDeletion(
    _request: CancelOrganizationDeletionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelOrganizationDeletionResponseSchema>> {
    await this.deletions.cancel(scope);
    return {};
  }

  @Rpc(OrganizationDeletionService.method.getOrganizationDeletion)
  async getOrganizationDeletion(
    _request: GetOrganizationDeletionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetOrganizationDeletionResponseSchema>> {
    return { deletion: toDeletion(await this.deletions.get(scope)) };
  }
}
