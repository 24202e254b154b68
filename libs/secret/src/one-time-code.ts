import { createHmac, randomInt } from 'node:crypto';

const DIGITS = 6;
const SHORTEST_PEPPER = 32;

/** Six uniformly random digits. */
export function generateOneTimeCode(): string {
  return randomInt(10 ** DIGITS)
    .toString()
    .padStart(DIGITS, '0');
}

/**
 * Keyed hash of a code: a plain hash of a million possible codes would be reversed at once, so an attacker
 * with the table also needs the pepper, which is not in the database. `context` (the address, the attempt's
 * id) binds a hash to its row.
 */
export function hashOneTimeCode(input: { code: string; pepper: Buffer; context: string }): Buffer {
  if (input.pepper.length < SHORTEST_PEPPER) {
    throw new RangeError(`The pepper needs at least ${SHORTEST_PEPPER} bytes.`);
  }
  return createHmac('sha256', input.pepper)
    .update(JSON.stringify(['one-time code', input.context, input.code]))
    .digest();
}
