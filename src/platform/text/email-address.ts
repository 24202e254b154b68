import { invalidArgument } from '../errors/index.js';
import { codeOf, misleadingIn } from './characters.js';
import { asciiDomain } from './domain-name.js';
import type { Reading } from './reading.js';

const LONGEST = 254;
/** Far above the length of an address: bounds the work for hostile input. */
const LONGEST_GIVEN = 1000;
const localPart = /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}$/u;

/**
 * An address as it is stored and compared, for every API: trimmed, lower case, NFC, domain in ASCII without a
 * trailing dot. Refuses invisible characters, and characters that some mapping turns into others (the Kelvin
 * sign, full-width letters, ligatures, the dotless i): one mailbox is one person, and a different mailbox
 * never is.
 */
export function readEmailAddress(given: string): Reading {
  if (given.length > LONGEST_GIVEN) return tooLong;
  const bare = given.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const odd = misleadingIn(bare);
  if (odd !== undefined) {
    return {
      problem: `must not contain ${codeOf(odd)}: it is invisible, or can be taken for another character`,
    };
  }
  const at = bare.lastIndexOf('@');
  const local = bare.slice(0, Math.max(at, 0)).normalize('NFC').toLowerCase().normalize('NFC');
  const domain = asciiDomain(bare.slice(at + 1));
  if (!localPart.test(local) || domain === undefined) {
    return { problem: 'must be an e-mail address, such as ada@example.com' };
  }
  const text = `${local}@${domain}`;
  return text.length <= LONGEST ? { text } : tooLong;
}

/** Undefined for what is no address. */
export function emailAddress(given: string): string | undefined {
  return readEmailAddress(given).text;
}

/** For the last door before the database: what comes here unread is read here. */
export function requireEmailAddress(given: string, field = 'email'): string {
  const { text, problem } = readEmailAddress(given);
  if (problem !== undefined) throw invalidArgument([{ field, description: problem }]);
  return text;
}

const tooLong: Reading = { problem: `must have at most ${LONGEST} characters` };
