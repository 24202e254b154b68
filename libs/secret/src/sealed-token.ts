import type { Envelope } from './envelope.js';
import { UnsealError } from './envelope.js';

const LONGEST_TOKEN = 4096;

/**
 * An opaque, URL-safe token that carries a small JSON payload and cannot be read, changed or used elsewhere.
 * `context` lists what it is bound to, for a page token: method, organization, filter.
 */
export function sealToken(envelope: Envelope, payload: unknown, context: readonly string[]): string {
  const token = envelope.seal(JSON.stringify(payload), boundTo(context)).toString('base64url');
  if (token.length > LONGEST_TOKEN) throw new RangeError('The payload is too large for a token.');
  return token;
}

/** The payload, whose shape the caller still checks; UnsealError on any defect. */
export function openToken(envelope: Envelope, token: string, context: readonly string[]): unknown {
  if (token.length > LONGEST_TOKEN) throw new UnsealError();
  const sealed = Buffer.from(token, 'base64url');
  // Buffer skips what is not base64url; one token must have one spelling.
  if (sealed.toString('base64url') !== token) throw new UnsealError();
  return JSON.parse(envelope.open(sealed, boundTo(context)).toString());
}

/** JSON keeps ['a', 'bc'] and ['ab', 'c'] apart. */
function boundTo(context: readonly string[]): string {
  return JSON.stringify(['token', ...context]);
}
