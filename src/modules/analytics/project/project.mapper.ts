import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  KeyFamily,
  type Project,
  type ProjectKey,
  ProjectKeySchema,
  ProjectSchema,
  type UpdateProjectRequest,
} from '@dovecote/contract/dovecote/project/v1/project_pb';
import { prefixOfProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import type { ListedProjectKey } from './project-keys.service.js';
import type { ProjectRow, ProjectSettings } from './project.js';

const familyNumbers: Readonly<Record<ProjectKeyFamily, KeyFamily>> = {
  sdk: KeyFamily.SDK,
  shared: KeyFamily.SHARED,
  public: KeyFamily.PUBLIC,
  private: KeyFamily.PRIVATE,
};

/** Validation has refused every number but these. */
export function familyOf(number: KeyFamily): ProjectKeyFamily {
  switch (number) {
    case KeyFamily.SDK:
      return 'sdk';
    case KeyFamily.SHARED:
      return 'shared';
    case KeyFamily.PUBLIC:
      return 'public';
    case KeyFamily.PRIVATE:
      return 'private';
    case KeyFamily.UNSPECIFIED:
      throw new Error('A key without a family has passed validation.');
  }
}

export function toProject(project: ProjectRow): Project {
  const { id, name, zone, mergeIdentities, ingestPath, builtIn } = project;
  return create(ProjectSchema, {
    id,
    name,
    zone,
    mergeIdentities,
    ingestPath,
    builtIn,
    retentionDays: project.retentionDays ?? 0,
    eventsPerSecond: project.eventsPerSecond ?? 0,
    createdAt: timestampFromDate(project.createdAt),
  });
}

export function toProjectKey({ projectKey, key }: ListedProjectKey): ProjectKey {
  const { id, name, family, lastFour, createdAt, lastUsedAt } = projectKey;
  return create(ProjectKeySchema, {
    id,
    name,
    family: familyNumbers[family],
    masked: `${prefixOfProjectKey(family)}...${lastFour}`,
    key: family === 'public' ? key : undefined,
    createdAt: timestampFromDate(createdAt),
    lastUsedAt: lastUsedAt ? timestampFromDate(lastUsedAt) : undefined,
  });
}

/** What the request sets; 0 stands for no limit. */
export function toSettings(request: UpdateProjectRequest): Partial<ProjectSettings> {
  const { name, zone, mergeIdentities, ingestPath, retentionDays, eventsPerSecond } = request;
  return {
    ...(name !== undefined && { name }),
    ...(zone !== undefined && { zone }),
    ...(mergeIdentities !== undefined && { mergeIdentities }),
    ...(ingestPath !== undefined && { ingestPath }),
    ...(retentionDays !== undefined && { retentionDays: retentionDays || null }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond: eventsPerSecond || null }),
  };
}
