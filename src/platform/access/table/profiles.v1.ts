import { ProfilesService } from '@dovecote/contract/profiles/v1/profiles_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import {
  anyProof,
  projectChange,
  projectRead,
  projectWrite,
  read,
  rowsOf,
  type ServiceRows,
  unaudited,
  write,
} from '../access-rule.js';

export const profiles: readonly ServiceRows[] = [
  rowsOf(ProfilesSDKService, {
    identify: unaudited(projectWrite, anyProof),
    alias: unaudited(projectWrite, anyProof),
  }),
  rowsOf(ProfilesService, {
    get: read(projectRead, anyProof),
    list: read(projectRead, anyProof),
    delete: write(projectChange, anyProof, 'PROFILE_DELETED'),
  }),
];
