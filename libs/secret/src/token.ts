import { randomBytes } from 'node:crypto';
import { hashSecret } from './hash.js';

/** An opaque bearer token (session, refresh, invitation): store its hash only. */
export function generateToken(bytes = 32): string {
  if (bytes < 16) throw new RangeError('A token needs at least 16 random bytes.');
  return randomBytes(bytes).toString('base64url');
}

export function hashToken(token: string): Buffer {
  return hashSecret(token);
}
