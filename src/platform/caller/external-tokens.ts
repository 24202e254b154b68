import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { validate as isUuid } from 'uuid';
import type { Clock } from '../clock/clock.js';
import { type Database, statement, type Transaction } from '../database/index.js';
import { AppError, unauthenticated } from '../errors/index.js';
import type { OutboundClient } from '../outbound/outbound-client.js';
import { emailAddress } from '../text/index.js';
import { provenAtOf, textOf } from './access-tokens.js';
import type { Arrivals } from './arrivals.js';
import type { PersonCaller } from './caller.js';
import { tokenRefusal } from './token-refusal.js';
import type { ProvenPerson } from './proven.js';

export interface ExternalIssuer {
  issuer: string;
  audience: string;
  jwksUrl: string;
}

interface Identity {
  id: string;
  email: string;
}

const findBySubject = statement(
  'identity.find_by_subject',
  `select id, email from identity where subject = $1`,
);
// Binds a subject to an address once: a later owner of the address has another subject and is another person.
const bindByEmail = statement(
  'identity.bind_by_email',
  `update identity set subject = $1 where email = $2 and subject is null returning id, email`,
);

/** Access tokens of one other issuer that the operator trusts, such as an OIDC user pool. */
@Injectable()
export class ExternalTokens {
  private readonly keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  private readonly proven = new LRUCache<string, { person: ProvenPerson; expiresAt: number }>({
    max: 20_000,
  });

  constructor(
    private readonly trusted: ExternalIssuer | undefined,
    outbound: OutboundClient,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly arrivals: Arrivals,
  ) {
    this.keys =
      trusted &&
      createRemoteJWKSet(new URL(trusted.jwksUrl), {
        [customFetch]: (url: string) => fetchKeys(outbound, url),
      });
  }

  /** Whether the token says that it comes from the trusted issuer; nothing is proven yet. */
  issued(token: string): boolean {
    if (!this.trusted) return false;
    try {
      return decodeJwt(token).iss === this.trusted.issuer;
    } catch {
      return false;
    }
  }

  /** Verifies a token and returns its person. The first call with a new token counts as a sign-in. */
  async prove(token: string): Promise<ProvenPerson> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.proven.get(key);
    if (known && known.expiresAt > this.clock.now().getTime()) return known.person;
    const payload = await this.verify(token);
    const person = await this.personOf(payload);
    this.proven.set(key, { person, expiresAt: (payload.exp ?? 0) * 1000 });
    return person;
  }

  private async personOf(payload: JWTPayload): Promise<ProvenPerson> {
    const subject = `${payload.iss}#${payload.sub}`;
    // An address that the issuer did not verify proves nothing.
    const email = payload.email_verified === true ? emailAddress(textOf(payload.email)) : undefined;
    const identity = await this.database.transaction({}, (tx) => findIdentity(tx, subject, email));
    if (!identity)
      throw unauthenticated(
        'IDENTITY_UNKNOWN',
        'There is no account for this person; ask for an invitation.',
      );
    const arrival = { identityId: identity.id, requestId: '', now: this.clock.now() };
    await this.database.transaction({ identityId: identity.id }, (tx) => this.arrivals.run(tx, arrival));
    const orgId = payload['custom:org_id'];
    return {
      // Not `iat`: a silently renewed token is no new authentication.
      caller: { ...personOf(identity), provenAt: provenAtOf(payload) },
      claimedOrgId: typeof orgId === 'string' && isUuid(orgId) ? orgId.toLowerCase() : undefined,
    };
  }

  private async verify(token: string): Promise<JWTPayload> {
    const { trusted, keys } = this;
    if (!trusted || !keys) throw unauthenticated('TOKEN_INVALID', 'The access token is not valid.');
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: trusted.issuer,
        audience: trusted.audience,
        algorithms: ['RS256', 'PS256', 'ES256'],
        requiredClaims: ['exp', 'sub'],
        currentDate: this.clock.now(),
      });
      return payload;
    } catch (error) {
      // Without the keys nothing is known about the token: signing in again would not help.
      if (error instanceof AppError) throw error;
      throw tokenRefusal(error);
    }
  }
}

/** The session is the issuer's. */
function personOf({ id, email }: Identity): PersonCaller {
  return { kind: 'person', identityId: id, email, sessionId: '' };
}

async function fetchKeys(outbound: OutboundClient, url: string): Promise<Response> {
  const response = await outbound.get(url).catch((error: unknown) => {
    throw keysUnavailable(error);
  });
  if (!response.ok) throw keysUnavailable(new Error(`The key set answered ${response.status}.`));
  return response;
}

function keysUnavailable(cause: unknown): AppError {
  return new AppError(
    'unavailable',
    'ISSUER_UNAVAILABLE',
    'The issuer of this access token cannot be reached; try again.',
    {},
    cause,
  );
}

async function findIdentity(
  tx: Transaction,
  subject: string,
  email: string | undefined,
): Promise<Identity | undefined> {
  const bound = await tx.queryOne<Identity>(findBySubject, [subject]);
  if (bound || email === undefined) return bound;
  // When two first calls meet, the second finds what the first has bound.
  return (
    (await tx.queryOne<Identity>(bindByEmail, [subject, email])) ??
    (await tx.queryOne<Identity>(findBySubject, [subject]))
  );
}
