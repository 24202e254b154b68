import { domainToASCII, domainToUnicode } from 'node:url';
import { misleadingIn } from './characters.js';

const LONGEST = 253;
const spelling = /^[\p{L}\p{M}\p{N}.\u3002-]+$/u;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The ASCII form of a domain, in lower case and without a dot at its end: `bücher.example` and
 * `xn--bcher-kva.example` are one. By UTS 46 as browsers apply it (node:url: non-transitional, with CheckBidi and
 * CheckJoiners), held to letters, digits and hyphens afterwards; refused is what UTS 46 would map away or into other
 * letters (soft hyphens, full-width forms), and what does not lead back to itself.
 */
export function asciiDomain(given: string): string | undefined {
  const name = given.replace(/\.$/, '');
  if (name.length > LONGEST || !spelling.test(name) || misleadingIn(name) !== undefined) return undefined;
  const ascii = domainToASCII(name);
  const labels = ascii.split('.');
  if (ascii.length > LONGEST || !labels.every((one) => label.test(one))) return undefined;
  // Numbers at the end make it an address of a machine.
  if (/^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return undefined;
  const unicode = domainToUnicode(ascii);
  return !unicode.includes('xn--') && domainToASCII(unicode) === ascii ? ascii : undefined;
}
