import { ProjectsService } from '@dovecote/contract/projects/v1/projects_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  dashboardProject,
  organizationOfMessage,
  projectOfMessage,
  read,
  recentProof,
  recentProofWhere,
  rowsOf,
  write,
  type ServiceRows,
} from '../access-rule.js';

export const projects: readonly ServiceRows[] = [
  rowsOf(ProjectsService, {
    // For admins: the handler asks for ANALYTICS_WRITE as well.
    create: write(organizationOfMessage(P.ORG_WRITE), anyProof, 'PROJECT_CREATED'),
    get: read(projectOfMessage(P.ANALYTICS_READ), anyProof),
    list: read(organizationOfMessage(P.ANALYTICS_READ), anyProof),
    update: write(projectOfMessage(P.ANALYTICS_WRITE), anyProof, 'PROJECT_UPDATED'),
    createApiKey: write(
      dashboardProject(P.ANALYTICS_WRITE),
      recentProofWhere('the key reads: it is SHARED'),
      'PROJECT_KEY_CREATED',
    ),
    listApiKeys: read(dashboardProject(P.ANALYTICS_READ), anyProof),
    revokeApiKey: write(dashboardProject(P.ANALYTICS_WRITE), recentProof(), 'PROJECT_KEY_REVOKED'),
  }),
];
