import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { anyProof, read, rowsOf, signedIn, unaudited, type ServiceRows } from '../access-rule.js';

export const dovecoteProject: readonly ServiceRows[] = [
  rowsOf(ProjectService, {
    createProject: unaudited(signedIn, anyProof),
    getProject: read(signedIn, anyProof),
    listProjects: read(signedIn, anyProof),
    updateProject: unaudited(signedIn, anyProof),
    deleteProject: unaudited(signedIn, anyProof),
    createProjectKey: unaudited(signedIn, anyProof),
    listProjectKeys: read(signedIn, anyProof),
    revokeProjectKey: unaudited(signedIn, anyProof),
  }),
];
