import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256. Enough for secrets of 128 bits and more: there is nothing to guess, so nothing to slow down. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** The same hash as text: the name under which a process may remember what a secret proved. */
export function fingerprintOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Compares in constant time. Strings are hashed first, so that their length is not given away either. */
export function equalSecrets(a: string | Buffer, b: string | Buffer): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(value: string | Buffer): Buffer {
  return hash('sha256', value, 'buffer');
}
