import { AuthService } from '@dovecote/contract/auth/v1/auth_pb';
import { anyone, anyProof, rowsOf, type ServiceRows, unaudited, write } from '../access-rule.js';

export const auth: readonly ServiceRows[] = [
  rowsOf(AuthService, {
    signUp: write(anyone, anyProof, 'USER_INVITED', 'PROFILE_UPDATED'),
    signIn: unaudited(anyone, anyProof),
    signInWithMagicLink: write(
      anyone,
      anyProof,
      'USER_INVITED',
      'ORG_CREATED',
      'PROJECT_CREATED',
      'PROJECT_KEY_CREATED',
    ),
    signInWithOAuth: write(
      anyone,
      anyProof,
      'USER_INVITED',
      'ORG_CREATED',
      'PROJECT_CREATED',
      'PROJECT_KEY_CREATED',
    ),
    refreshToken: unaudited(anyone, anyProof),
  }),
];
