import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { anyone, anyProof, read, rowsOf, type ServiceRows, unaudited, write } from '../access-rule.js';

export const publicAuth: readonly ServiceRows[] = [
  rowsOf(AuthService, {
    getAuthConfig: read(anyone, anyProof),
    signInWithEmail: unaudited(anyone, anyProof),
    requestMagicLink: unaudited(anyone, anyProof),
    completeMagicLink: write(
      anyone,
      anyProof,
      'USER_INVITED',
      'ORG_CREATED',
      'PROJECT_CREATED',
      'PROJECT_KEY_CREATED',
    ),
    completeOIDCSignIn: write(
      anyone,
      anyProof,
      'USER_INVITED',
      'ORG_CREATED',
      'PROJECT_CREATED',
      'PROJECT_KEY_CREATED',
    ),
    refreshSession: unaudited(anyone, anyProof),
    signOut: unaudited(anyone, anyProof),
    demoSignIn: unaudited(anyone, anyProof),
  }),
];
