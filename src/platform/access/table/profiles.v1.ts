import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { anyProof, projectWrite, rowsOf, unaudited, type ServiceRows } from '../access-rule.js';

export const profiles: readonly ServiceRows[] = [
  rowsOf(ProfilesSDKService, {
    identify: unaudited(projectWrite, anyProof),
    alias: unaudited(projectWrite, anyProof),
  }),
];
