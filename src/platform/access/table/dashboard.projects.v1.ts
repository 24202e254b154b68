import { ProjectsService } from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  dashboardProject,
  organizationOfMessage,
  read,
  recentProof,
  recentProofWhere,
  rowsOf,
  write,
  type ServiceRows,
} from '../access-rule.js';

/** Changes are for admins: the handlers ask for ANALYTICS_WRITE as well. */
export const dashboardProjects: readonly ServiceRows[] = [
  rowsOf(ProjectsService, {
    batchGet: read(organizationOfMessage(P.ANALYTICS_READ), anyProof),
    create: write(organizationOfMessage(P.ORG_WRITE), anyProof, 'PROJECT_CREATED', 'PROJECT_KEY_CREATED'),
    delete: write(dashboardProject(P.ORG_WRITE), recentProof(), 'PROJECT_DELETED'),
    get: read(dashboardProject(P.ANALYTICS_READ), anyProof),
    updateMeta: write(dashboardProject(P.ORG_WRITE), anyProof, 'PROJECT_UPDATED'),
    updateFCMServiceJSON: write(dashboardProject(P.ORG_WRITE), anyProof, 'PROJECT_UPDATED'),
    listApiKeys: read(dashboardProject(P.ANALYTICS_READ), anyProof),
    createApiKey: write(
      dashboardProject(P.ORG_WRITE),
      recentProofWhere('the key reads: it is PRIVATE'),
      'PROJECT_KEY_CREATED',
    ),
    deleteApiKey: write(dashboardProject(P.ORG_WRITE), recentProof(), 'PROJECT_KEY_REVOKED'),
  }),
];
