import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BatchGetRequest,
  type BatchGetResponseSchema,
  type CreateApiKeyRequest,
  type CreateApiKeyResponseSchema,
  type CreateRequest,
  type CreateResponseSchema,
  type DeleteApiKeyRequest,
  type DeleteApiKeyResponseSchema,
  type DeleteRequest,
  type DeleteResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type ListApiKeysRequest,
  type ListApiKeysResponseSchema,
  ProjectsService,
  type UpdateFCMServiceJSONRequest,
  type UpdateFCMServiceJSONResponseSchema,
  type UpdateMetaRequest,
  type UpdateMetaResponseSchema,
} from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ProjectAccounts } from './project-accounts.service.js';
import { familyOfKind, shippedFamilies, toApiKey, toChange, toProject } from './shipped-projects.mapper.js';

@Controller()
export class ShippedProjectsRpc {
  constructor(private readonly accounts: ProjectAccounts) {}

  @Rpc(ProjectsService.method.batchGet)
  async batchGet(
    _request: BatchGetRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BatchGetResponseSchema>> {
    return { projects: (await this.accounts.listShown(scope)).map(toProject) };
  }

  @Rpc(ProjectsService.method.create)
  async create(
    { displayName: name, reportingTimezone: zone }: CreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateResponseSchema>> {
    return { project: toProject(await this.accounts.createWithKey(scope, { name, zone })) };
  }

  @Rpc(ProjectsService.method.delete)
  async delete(
    _request: DeleteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteResponseSchema>> {
    await this.accounts.delete(scope);
    return {};
  }

  @Rpc(ProjectsService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { project: toProject(await this.accounts.getShown(scope)) };
  }

  @Rpc(ProjectsService.method.updateMeta)
  async updateMeta(
    request: UpdateMetaRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateMetaResponseSchema>> {
    return { project: toProject(await this.accounts.updateShown(scope, toChange(request))) };
  }

  @Rpc(ProjectsService.method.updateFCMServiceJSON)
  async updateFCMServiceJSON(
    { fcmServiceJson }: UpdateFCMServiceJSONRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateFCMServiceJSONResponseSchema>> {
    await this.accounts.setPushAccount(scope, fcmServiceJson);
    return {};
  }

  @Rpc(ProjectsService.method.listApiKeys)
  async listApiKeys(
    _request: ListApiKeysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListApiKeysResponseSchema>> {
    return { apiKeys: (await this.accounts.listKeys(scope, shippedFamilies)).map(toApiKey) };
  }

  @Rpc(ProjectsService.method.createApiKey)
  async createApiKey(
    { kind, displayName: name }: CreateApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateApiKeyResponseSchema>> {
    const created = await this.accounts.createKey(scope, { family: familyOfKind(kind), name });
    return { apiKey: toApiKey(created), key: created.key };
  }

  @Rpc(ProjectsService.method.deleteApiKey)
  async deleteApiKey(
    { id }: DeleteApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteApiKeyResponseSchema>> {
    await this.accounts.revokeKey(scope, id, shippedFamilies);
    return {};
  }
}
