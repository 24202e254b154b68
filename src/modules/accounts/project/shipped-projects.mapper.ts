import { create, isFieldSet } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type ApiKey,
  ApiKeyKind,
  ApiKeySchema,
  type Project,
  ProjectSchema,
  type UpdateMetaRequest,
  UpdateMetaRequestSchema,
} from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { prefixOfProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import type { ListedProjectKey } from '../../analytics/project/index.js';
import type { ProjectChange, ShownProject } from './project-accounts.service.js';

/** The families of keys that this contract knows. */
export const shippedFamilies: readonly ProjectKeyFamily[] = ['public', 'private'];

export function toProject({ project, pushAccount }: ShownProject): Project {
  return create(ProjectSchema, {
    id: project.id,
    orgId: project.orgId,
    displayName: project.name,
    fcmServiceJson: pushAccount,
    reportingTimezone: project.zone === 'UTC' ? '' : project.zone,
  });
}

export function toApiKey({ projectKey, key }: ListedProjectKey): ApiKey {
  const { id, name, family, lastFour, createdAt } = projectKey;
  return create(ApiKeySchema, {
    id,
    displayName: name,
    kind: family === 'public' ? ApiKeyKind.PUBLIC : ApiKeyKind.PRIVATE,
    key: family === 'public' ? key : undefined,
    masked: `${prefixOfProjectKey(family)}...${lastFour}`,
    createTime: timestampFromDate(createdAt),
  });
}

/** Validation has refused every number but these. */
export function familyOfKind(kind: ApiKeyKind): ProjectKeyFamily {
  return kind === ApiKeyKind.PUBLIC ? 'public' : 'private';
}

/** What is present in the request, were it empty. */
export function toChange(request: UpdateMetaRequest): ProjectChange {
  const { displayName, reportingTimezone } = UpdateMetaRequestSchema.field;
  return {
    zoneField: 'reporting_timezone',
    ...(isFieldSet(request, displayName) && { name: request.displayName }),
    ...(isFieldSet(request, reportingTimezone) && { zone: request.reportingTimezone }),
  };
}
