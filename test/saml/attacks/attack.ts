import type { SamlRefusalReason } from '@dovecote/saml';
import type { World } from '../world.js';

/** A document that must be refused, and why. */
export interface Attack {
  readonly name: string;
  readonly reason: SamlRefusalReason;
  readonly make: (world: World) => string | Promise<string>;
  /** What the connection says besides. */
  readonly connection?: (world: World) => object;
  /** What becomes of the document in the form's field, if not base64. */
  readonly field?: (xml: string) => string;
}

export const VICTIM = 'admin@acme.test';

/** The first match and what is around it. */
export function cut(xml: string, pattern: RegExp): [before: string, match: string, after: string] {
  const found = pattern.exec(xml);
  if (!found) throw new Error(`The document has no ${pattern.source}.`);
  return [xml.slice(0, found.index), found[0], xml.slice(found.index + found[0].length)];
}

export const ASSERTION = /<saml:Assertion [\s\S]*<\/saml:Assertion>/;
export const SIGNATURE = /<ds:Signature [\s\S]*?<\/ds:Signature>/;
export const ISSUER = /<saml:Issuer>[^<]*<\/saml:Issuer>/;

/** Replaces, and fails when there is nothing to replace: an attack that is none proves nothing. */
export function changed(xml: string, pattern: RegExp | string, replacement: string): string {
  const result = xml.replace(pattern, () => replacement);
  if (result === xml) throw new Error(`The document has no ${String(pattern)}.`);
  return result;
}

export function insertedBefore(xml: string, pattern: RegExp, what: string): string {
  const [before, match, after] = cut(xml, pattern);
  return before + what + match + after;
}

export function insertedAfter(xml: string, pattern: RegExp, what: string): string {
  const [before, match, after] = cut(xml, pattern);
  return before + match + what + after;
}
