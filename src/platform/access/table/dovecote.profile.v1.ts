import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import {
  anyProof,
  projectChange,
  projectRead,
  read,
  rowsOf,
  type ServiceRows,
  write,
} from '../access-rule.js';

export const dovecoteProfile: readonly ServiceRows[] = [
  rowsOf(ProfileService, {
    mergeProfiles: write(projectChange, anyProof, 'PROFILES_MERGED'),
    undoMerge: write(projectChange, anyProof, 'PROFILES_UNMERGED'),
    listMerges: read(projectRead, anyProof),
    getPropertyHistory: read(projectRead, anyProof),
    getActivityDays: read(projectRead, anyProof),
  }),
];
