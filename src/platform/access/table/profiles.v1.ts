import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { anyProof, rowsOf, signedIn, unaudited, type ServiceRows } from '../access-rule.js';

export const profiles: readonly ServiceRows[] = [
  rowsOf(ProfilesSDKService, {
    identify: unaudited(signedIn, anyProof),
    alias: unaudited(signedIn, anyProof),
  }),
];
