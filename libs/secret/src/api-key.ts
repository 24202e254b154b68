import { randomBase62, toBase62 } from './base62.js';
import { hashSecret } from './hash.js';

export type ApiKeyPrefix = 'pidgr_k_' | 'pidgr_scim_';

export interface ApiKey {
  /** The whole key, prefix included. Shown once, never stored. */
  secret: string;
  /** What is stored and looked up. */
  hash: Buffer;
  displayPrefix: string;
  lastFour: string;
}

export interface PresentedApiKey {
  prefix: ApiKeyPrefix;
  hash: Buffer;
}

const PREFIXES: readonly ApiKeyPrefix[] = ['pidgr_k_', 'pidgr_scim_'];
/** 43 × log2(62) = 256 bits. */
const RANDOM_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const DISPLAYED_LENGTH = 8;
const SECRET_PART = new RegExp(`^[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

export function generateApiKey(prefix: ApiKeyPrefix): ApiKey {
  const random = randomBase62(RANDOM_LENGTH);
  const secret = prefix + random + checksum(prefix + random);
  return {
    secret,
    hash: hashSecret(secret),
    displayPrefix: prefix + random.slice(0, DISPLAYED_LENGTH),
    lastFour: secret.slice(-4),
  };
}

/**
 * Parses a presented key. Undefined when its checksum is wrong (a typo, a truncated key, another product's
 * key), which saves the database call; respond exactly as to an unknown key.
 */
export function readApiKey(presented: string): PresentedApiKey | undefined {
  const prefix = PREFIXES.find((candidate) => presented.startsWith(candidate));
  if (!prefix || !SECRET_PART.test(presented.slice(prefix.length))) return undefined;
  const unchecked = presented.slice(0, -CHECKSUM_LENGTH);
  if (checksum(unchecked) !== presented.slice(-CHECKSUM_LENGTH)) return undefined;
  return { prefix, hash: hashSecret(presented) };
}

/** Finds typos only; it is computed without a key and proves nothing about who made the text. */
function checksum(text: string): string {
  return toBase62(hashSecret(`checksum:${text}`).readUInt32BE(0), CHECKSUM_LENGTH);
}
