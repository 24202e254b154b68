import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import {
  anyProof,
  projectChange,
  projectRead,
  read,
  rowsOf,
  type ServiceRows,
  write,
} from '../access-rule.js';

// No proof: the dashboards that speak this contract know of none.
export const sharedProfiles: readonly ServiceRows[] = [
  rowsOf(ProfilesService, {
    get: read(projectRead, anyProof),
    getByExternalId: read(projectRead, anyProof),
    list: read(projectRead, anyProof),
    delete: write(projectChange, anyProof, 'PROFILE_ERASURE_REQUESTED'),
    deleteDataSubject: write(projectChange, anyProof, 'PROFILE_ERASURE_REQUESTED'),
    getDeletionRequest: read(projectRead, anyProof),
  }),
];
