import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type ApiKey,
  ApiKeySchema,
  ApiKeyType,
  type Project,
  ProjectSchema,
  type UpdateRequest,
} from '@dovecote/contract/projects/v1/projects_pb';
import { prefixOfProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import type { ListedProjectKey, ProjectRow } from '../../analytics/project/index.js';
import type { ProjectChange } from './project-accounts.service.js';

/** The families of keys that this contract knows. */
export const documentedFamilies: readonly ProjectKeyFamily[] = ['sdk', 'shared'];

export function toProject({ id, orgId, name, zone, createdAt, updatedAt }: ProjectRow): Project {
  return create(ProjectSchema, {
    id,
    orgId,
    name,
    timezone: zone,
    createdAt: timestampFromDate(createdAt),
    updatedAt: timestampFromDate(updatedAt),
  });
}

/** With the key itself only where it is given. */
export function toApiKey({ projectKey, key }: ListedProjectKey): ApiKey {
  const { id, name, family, lastFour, createdAt } = projectKey;
  return create(ApiKeySchema, {
    id,
    key,
    name,
    type: family === 'sdk' ? ApiKeyType.SDK : ApiKeyType.SHARED,
    masked: `${prefixOfProjectKey(family)}…${lastFour}`,
    createdAt: timestampFromDate(createdAt),
  });
}

/** Validation has refused every number but these. */
export function familyOfType(type: ApiKeyType): ProjectKeyFamily {
  return type === ApiKeyType.SDK ? 'sdk' : 'shared';
}

export function toChange({ name, timezone }: UpdateRequest): ProjectChange {
  return { zoneField: 'timezone', name, zone: timezone };
}
