import { createHmac } from 'node:crypto';
import type { CredentialName } from './passkey.js';

/** As the authenticators that most people have make them. */
const LENGTHS = [16, 20, 32] as const;

/**
 * Credentials for addresses without an account or passkey: made up, plausible, and stable for each address,
 * so that the response does not reveal whether an account exists.
 */
export function decoyCredentials(email: string, key: Buffer): CredentialName[] {
  const [first = 0, second = 0] = hmac(key, `kind/${email}`);
  const count = first % 4 === 0 ? 2 : 1;
  const length = LENGTHS[second % LENGTHS.length];
  return Array.from({ length: count }, (_, index) => ({
    id: hmac(key, `${index}/${email}`).subarray(0, length).toString('base64url'),
    transports: ['hybrid', 'internal'],
  }));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
