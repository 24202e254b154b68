import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import { unauthenticated } from '../errors/index.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import type { ProvenPerson } from './strategies.js';

export interface ExternalIssuer {
  issuer: string;
  audience: string;
  jwksUrl: string;
}

const findIdentity = statement(
  'identity.find_external',
  `select id, email from identity where subject = $1 or ($2 <> '' and subject is null and email = $2) limit 1`,
);

/** Access tokens of one other issuer that the operator trusts, such as an OIDC user pool. */
@Injectable()
export class ExternalTokens {
  private readonly keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(
    private readonly trusted: ExternalIssuer | undefined,
    outbound: OutboundClient,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.keys =
      trusted &&
      createRemoteJWKSet(new URL(trusted.jwksUrl), {
        [customFetch]: (url: string | URL | Request) => outbound.get(String(url)),
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

  async prove(token: string): Promise<ProvenPerson> {
    const payload = await this.verify(token);
    const subject = `${payload.iss}#${payload.sub}`;
    // An address that the issuer did not verify proves nothing.
    const email = payload.email_verified === true ? String(payload.email ?? '').toLowerCase() : '';
    const identity = await this.database.transaction({}, (tx) =>
      tx.queryOne<{ id: string; email: string }>(findIdentity, [subject, email]),
    );
    if (!identity)
      throw unauthenticated('IDENTITY_UNKNOWN', 'This person is not known here; ask for an invitation.');
    const orgId = payload['custom:org_id'];
    return {
      caller: { kind: 'person', identityId: identity.id, email: identity.email, sessionId: '' },
      claimedOrgId: typeof orgId === 'string' ? orgId : undefined,
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
      throw unauthenticated(
        'TOKEN_INVALID',
        'The access token is not valid, or has expired; sign in again.',
        error,
      );
    }
  }
}
