import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateApiKeyRequest,
  type CreateApiKeyResponseSchema,
  type CreateRequest,
  type CreateResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type ListApiKeysRequest,
  type ListApiKeysResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  ProjectsService,
  type RevokeApiKeyRequest,
  type RevokeApiKeyResponseSchema,
  type UpdateRequest,
  type UpdateResponseSchema,
} from '@dovecote/contract/projects/v1/projects_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  documentedFamilies,
  familyOfType,
  toApiKey,
  toChange,
  toProject,
} from './documented-projects.mapper.js';
import { ProjectAccounts } from './project-accounts.service.js';

@Controller()
export class DocumentedProjectsRpc {
  constructor(private readonly accounts: ProjectAccounts) {}

  @Rpc(ProjectsService.method.create)
  async create(
    { name, timezone: zone }: CreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateResponseSchema>> {
    return { project: toProject(await this.accounts.create(scope, { name, zone })) };
  }

  @Rpc(ProjectsService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { project: toProject(await this.accounts.get(scope)) };
  }

  @Rpc(ProjectsService.method.list)
  async list(_request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    return { projects: (await this.accounts.list(scope)).map(toProject) };
  }

  @Rpc(ProjectsService.method.update)
  async update(request: UpdateRequest, scope: Scope): Promise<MessageInitShape<typeof UpdateResponseSchema>> {
    return { project: toProject(await this.accounts.update(scope, toChange(request))) };
  }

  @Rpc(ProjectsService.method.createApiKey)
  async createApiKey(
    { type, name }: CreateApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateApiKeyResponseSchema>> {
    return { apiKey: toApiKey(await this.accounts.createKey(scope, { family: familyOfType(type), name })) };
  }

  @Rpc(ProjectsService.method.listApiKeys)
  async listApiKeys(
    _request: ListApiKeysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListApiKeysResponseSchema>> {
    return { apiKeys: (await this.accounts.listKeys(scope, documentedFamilies)).map(toApiKey) };
  }

  @Rpc(ProjectsService.method.revokeApiKey)
  async revokeApiKey(
    { id }: RevokeApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeApiKeyResponseSchema>> {
    await this.accounts.revokeKey(scope, id, documentedFamilies);
    return {};
  }
}
