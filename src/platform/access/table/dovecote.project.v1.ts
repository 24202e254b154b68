import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  permission,
  read,
  recentProof,
  recentProofWhere,
  rowsOf,
  write,
  type ServiceRows,
} from '../access-rule.js';

/** Conditions of the proofs that depend on the request. */
const keptShorter = 'events are to be kept for a shorter time than before';
const keyReads = 'the key reads: it is of the family SHARED or PRIVATE';

export const dovecoteProject: readonly ServiceRows[] = [
  rowsOf(ProjectService, {
    createProject: write(permission(P.ANALYTICS_WRITE), anyProof, 'PROJECT_CREATED'),
    getProject: read(permission(P.ANALYTICS_READ), anyProof),
    listProjects: read(permission(P.ANALYTICS_READ), anyProof),
    updateProject: write(permission(P.ANALYTICS_WRITE), recentProofWhere(keptShorter), 'PROJECT_UPDATED'),
    deleteProject: write(permission(P.ANALYTICS_WRITE), recentProof('api_key'), 'PROJECT_DELETED'),
    createProjectKey: write(permission(P.ANALYTICS_WRITE), recentProofWhere(keyReads), 'PROJECT_KEY_CREATED'),
    listProjectKeys: read(permission(P.ANALYTICS_READ), anyProof),
    revokeProjectKey: write(permission(P.ANALYTICS_WRITE), recentProof('api_key'), 'PROJECT_KEY_REVOKED'),
  }),
];
