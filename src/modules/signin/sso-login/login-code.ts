import { randomBytes } from 'node:crypto';
import { hashSecret } from '@dovecote/secret';
import { parse, stringify, validate } from 'uuid';

const ID = 16;
const SECRET = 32;

/** Carries the organization id, the login id and a secret that authenticates the bearer. */
export interface LoginCode {
  orgId: string;
  loginId: string;
  /** SHA-256 of the whole code. */
  hash: Buffer;
}

export function newLoginCode(orgId: string, loginId: string): { code: string; hash: Buffer } {
  const code = Buffer.concat([parse(orgId), parse(loginId), randomBytes(SECRET)]).toString('base64url');
  return { code, hash: hashSecret(code) };
}

/** Undefined for what cannot be one. */
export function readLoginCode(code: string): LoginCode | undefined {
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== 2 * ID + SECRET || bytes.toString('base64url') !== code) return undefined;
  const [orgId, loginId] = [bytes.subarray(0, ID), bytes.subarray(ID, 2 * ID)].map(idOf);
  return orgId && loginId ? { orgId, loginId, hash: hashSecret(code) } : undefined;
}

function idOf(bytes: Uint8Array): string | undefined {
  try {
    const id = stringify(bytes);
    return validate(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
