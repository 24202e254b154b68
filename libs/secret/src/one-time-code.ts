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
 * A million codes are counted through at once, so a plain hash would hide nothing: whoever holds the table
 * also needs the pepper, which is not in the database. `context` (the address, the attempt's id) keeps a hash
 * from being moved to another row.
 */
export function hashOneTimeCode(input: { code: string; pepper: Buffer; context: string }): Buffer {
  if (input.pepper.length < SHORTEST_PEPPER) {
    throw new RangeError(`The pepper needs at least ${SHORTEST_PEPPER} bytes.`);
  }
  return createHmac('sha256', input.pepper)
    .update(JSON.stringify(['one-time code', input.context, input.code]))
    .digest();
}
