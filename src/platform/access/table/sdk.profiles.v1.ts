import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { anyProof, projectWrite, rowsOf, unaudited, type ServiceRows } from '../access-rule.js';

export const sdkProfiles: readonly ServiceRows[] = [
  rowsOf(ProfilesSDKService, { identify: unaudited(projectWrite, anyProof) }),
];
