import { z } from 'zod';
import type { ProviderSessions } from './login.store.js';

/** Why a logout token is refused, for those who run the connection. */
export class LogoutRefusal extends Error {
  override readonly name = 'LogoutRefusal';
  constructor(
    /** `replayed`: stable. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** What a logout token has to say beside what every token does; a nonce is an ID token's. */
const logoutClaims = z.object({
  jti: z.string().min(1),
  sub: z.string().min(1).optional(),
  sid: z.string().min(1).optional(),
  events: z.object({ [EVENT]: z.record(z.string(), z.unknown()) }),
  nonce: z.never().optional(),
});

/** The sessions that a logout token ends, from its verified claims. Throws LogoutRefusal. */
export function readLogoutClaims(claims: unknown): { jti: string; sessions: ProviderSessions } {
  const read = logoutClaims.safeParse(claims);
  if (!read.success) throw new LogoutRefusal('claims', z.prettifyError(read.error), { cause: read.error });
  const { jti, sub, sid } = read.data;
  if (sub !== undefined) {
    return { jti, sessions: { subject: sub, sessionIndexes: sid === undefined ? [] : [sid] } };
  }
  if (sid !== undefined) return { jti, sessions: { subject: null, sessionIndexes: [sid] } };
  throw new LogoutRefusal('claims', 'It has neither a subject nor a session id.');
}
