import { randomBytes } from 'node:crypto';
import { hashSecret } from './hash.js';

/**
 * What the key of a project is for: `sdk` and `public` are for programs that can be read by the public, and only write, `shared`
 * only reads, `private` reads and writes.
 */
export type ProjectKeyFamily = 'sdk' | 'shared' | 'public' | 'private';

export interface ProjectKey {
  /** The whole key, prefix included. */
  secret: string;
  /** What is stored and looked up. */
  hash: Buffer;
  lastFour: string;
}

/** Clients know these forms: their lengths and alphabets are those of the two contracts. */
const forms: Readonly<Record<ProjectKeyFamily, { prefix: string; random: () => string; pattern: RegExp }>> = {
  sdk: { prefix: 'pk_sdk_', random: base36, pattern: /^[0-9a-z]{32}$/ },
  shared: { prefix: 'pk_shared_', random: base36, pattern: /^[0-9a-z]{32}$/ },
  public: { prefix: 'pub_', random: hex, pattern: /^[0-9a-f]{20}$/ },
  private: { prefix: 'prv_', random: hex, pattern: /^[0-9a-f]{20}$/ },
};

const families: readonly ProjectKeyFamily[] = ['sdk', 'shared', 'public', 'private'];

const BASE36_LENGTH = 32;
/** The largest multiple of 36 that fits a byte: bytes from here on are drawn again, or `%` would favour some. */
const UNBIASED = 252;
const HEX_BYTES = 10;

export function generateProjectKey(family: ProjectKeyFamily): ProjectKey {
  const secret = forms[family].prefix + forms[family].random();
  return { secret, hash: hashSecret(secret), lastFour: secret.slice(-4) };
}

export function prefixOfProjectKey(family: ProjectKeyFamily): string {
  return forms[family].prefix;
}

/** The family that the prefix names, whatever follows it. */
export function familyOfProjectKey(presented: string): ProjectKeyFamily | undefined {
  return families.find((family) => presented.startsWith(forms[family].prefix));
}

/** Whether a presented key has the form of one: what has not needs no look into the database. */
export function isProjectKey(presented: string): boolean {
  const family = familyOfProjectKey(presented);
  return family !== undefined && forms[family].pattern.test(presented.slice(forms[family].prefix.length));
}

function base36(): string {
  let text = '';
  while (text.length < BASE36_LENGTH) {
    for (const byte of randomBytes(BASE36_LENGTH)) {
      if (byte < UNBIASED && text.length < BASE36_LENGTH) text += (byte % 36).toString(36);
    }
  }
  return text;
}

function hex(): string {
  return randomBytes(HEX_BYTES).toString('hex');
}
