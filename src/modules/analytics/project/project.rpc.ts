import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateProjectKeyRequest,
  type CreateProjectKeyResponseSchema,
  type CreateProjectRequest,
  type CreateProjectResponseSchema,
  type DeleteProjectRequest,
  type DeleteProjectResponseSchema,
  type GetProjectRequest,
  type GetProjectResponseSchema,
  type ListProjectKeysRequest,
  type ListProjectKeysResponseSchema,
  type ListProjectsRequest,
  type ListProjectsResponseSchema,
  ProjectService,
  type RevokeProjectKeyRequest,
  type RevokeProjectKeyResponseSchema,
  type UpdateProjectRequest,
  type UpdateProjectResponseSchema,
} from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { familyOf, toProject, toProjectKey, toSettings } from './project.mapper.js';
import { Projects } from './project.service.js';
import { ProjectKeys } from './project-keys.service.js';

@Controller()
export class ProjectRpc {
  constructor(
    private readonly projects: Projects,
    private readonly keys: ProjectKeys,
  ) {}

  @Rpc(ProjectService.method.createProject)
  async createProject(
    { name, zone }: CreateProjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateProjectResponseSchema>> {
    return { project: toProject(await this.projects.create(scope, { name, zone })) };
  }

  @Rpc(ProjectService.method.getProject)
  async getProject(
    { projectId }: GetProjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetProjectResponseSchema>> {
    return { project: toProject(await this.projects.get(scope, projectId)) };
  }

  @Rpc(ProjectService.method.listProjects)
  async listProjects(
    _request: ListProjectsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListProjectsResponseSchema>> {
    return { projects: (await this.projects.list(scope)).map(toProject) };
  }

  @Rpc(ProjectService.method.updateProject)
  async updateProject(
    request: UpdateProjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateProjectResponseSchema>> {
    return { project: toProject(await this.projects.update(scope, request.projectId, toSettings(request))) };
  }

  @Rpc(ProjectService.method.deleteProject)
  async deleteProject(
    { projectId, confirmationName }: DeleteProjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteProjectResponseSchema>> {
    await this.projects.delete(scope, projectId, confirmationName);
    return {};
  }

  @Rpc(ProjectService.method.createProjectKey)
  async createProjectKey(
    request: CreateProjectKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateProjectKeyResponseSchema>> {
    const created = await this.keys.create(scope, { ...request, family: familyOf(request.family) });
    return { projectKey: toProjectKey(created), key: created.key };
  }

  @Rpc(ProjectService.method.listProjectKeys)
  async listProjectKeys(
    { projectId }: ListProjectKeysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListProjectKeysResponseSchema>> {
    return { projectKeys: (await this.keys.list(scope, projectId)).map(toProjectKey) };
  }

  @Rpc(ProjectService.method.revokeProjectKey)
  async revokeProjectKey(
    { projectId, projectKeyId }: RevokeProjectKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeProjectKeyResponseSchema>> {
    await this.keys.revoke(scope, projectId, projectKeyId);
    return {};
  }
}
