import { createHmac } from 'node:crypto';
import { cookielessPrefix } from './event-values.rules.js';
import type { SessionIds } from './cookieless-session.rules.js';

/** What makes a person a visitor of a project, for one day. */
export interface VisitorTraits {
  readonly projectId: string;
  readonly address: string;
  readonly userAgent: string;
}

const VISITOR_BYTES = 16;

/** A person on one day. All ids follow from the salt of the day, and lead back to nothing once it is forgotten. */
export class CookielessVisitor {
  readonly distinctId: string;
  /** The same as a UUID, for the database. */
  readonly key: string;
  readonly sessions: SessionIds;
  /** When it is not known which sessions there are. */
  readonly onlySession: string;

  constructor(salt: Buffer, { projectId, address, userAgent }: VisitorTraits) {
    const id = hmac(salt, projectId, address, userAgent).subarray(0, VISITOR_BYTES);
    this.distinctId = `${cookielessPrefix}${id.toString('base64url')}`;
    this.key = uuidOf(id);
    const session = (kind: string, of: number): string =>
      uuidOf(hmac(salt, 'session', this.distinctId, kind, String(of)));
    this.sessions = {
      startingAt: (occurTime) => session('start', occurTime),
      inWindow: (halfHour) => session('window', halfHour),
    };
    this.onlySession = session('day', 0);
  }
}

/** NUL stands between the parts: `a`, `bc` is another visitor than `ab`, `c`. */
function hmac(salt: Buffer, ...parts: readonly string[]): Buffer {
  return createHmac('sha256', salt).update(parts.join('\0')).digest();
}

/** Version 8 of RFC 9562: 122 bits of our own making. */
function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  const variant = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant.toString(16)}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
