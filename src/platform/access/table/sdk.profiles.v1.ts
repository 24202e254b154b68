import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { anyProof, rowsOf, signedIn, unaudited, type ServiceRows } from '../access-rule.js';

export const sdkProfiles: readonly ServiceRows[] = [
  rowsOf(ProfilesSDKService, { identify: unaudited(signedIn, anyProof) }),
];
