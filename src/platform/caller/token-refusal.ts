import { errors } from 'jose';
import { type AppError, unauthenticated } from '../errors/index.js';

/** Why an access token is refused. Expiry is reported only for a token with a valid signature. */
export function tokenRefusal(error: unknown): AppError {
  return error instanceof errors.JWTExpired
    ? unauthenticated(
        'TOKEN_EXPIRED',
        'The access token has expired; get a new one with RefreshToken.',
        error,
      )
    : unauthenticated('TOKEN_INVALID', 'The access token is not valid; sign in again.', error);
}
