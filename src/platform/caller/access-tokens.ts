import { Injectable } from '@nestjs/common';
import { fingerprintOf } from '@dovecote/secret';
import { importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { Clock } from '../clock/clock.js';
import { tokenRefusal } from './token-refusal.js';
import { signingAlgorithm, type SigningKey, SigningKeys } from './signing-keys.js';

/** Minutes; short, because a token is believed until it expires or its session is revoked. */
export const ACCESS_TOKEN_MINUTES = 15;

export interface AccessTokenSubject {
  identityId: string;
  sessionId: string;
  email: string;
  /** The organization the client works in unless it says otherwise with x-org-id. */
  orgId?: string;
  /** When the person last proved who they are, in milliseconds of the epoch. */
  provenAt?: number;
}

/** What a token also tells clients; the server asks its database instead. */
export interface AccessTokenHints {
  /** Whether the person can sign in with a passkey. */
  passkeyEnrolled?: boolean;
}

export interface IssuedAccessToken {
  token: string;
  expiresAt: Date;
}

export interface TokenOptions {
  issuer: string;
  audience: string;
}

/** Our own access tokens: RS256 JWTs. Verified ones are remembered until they expire. */
@Injectable()
export class AccessTokens {
  private readonly verified = new LRUCache<string, { subject: AccessTokenSubject; expiresAt: number }>({
    max: 20_000,
  });

  constructor(
    private readonly options: TokenOptions,
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  async issue(subject: AccessTokenSubject & AccessTokenHints): Promise<IssuedAccessToken> {
    return this.sign(await this.keys.current(), subject);
  }

  /** Issues tokens without asking the database: for within a transaction. */
  async issuer(): Promise<(subject: AccessTokenSubject & AccessTokenHints) => Promise<IssuedAccessToken>> {
    const key = await this.keys.current();
    return (subject) => this.sign(key, subject);
  }

  private async sign(
    { kid, privateKey }: SigningKey,
    subject: AccessTokenSubject & AccessTokenHints,
  ): Promise<IssuedAccessToken> {
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + ACCESS_TOKEN_MINUTES * 60_000);
    const claims = {
      sid: subject.sessionId,
      email: subject.email,
      // As RFC 9470 wants it: what needs a recent proof reads it here.
      auth_time: subject.provenAt && Math.floor(subject.provenAt / 1000),
      'custom:org_id': subject.orgId,
      // Custom claims are strings; one that does not apply is left out.
      'custom:passkey_enrolled': subject.passkeyEnrolled ? 'true' : undefined,
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: signingAlgorithm, kid, typ: 'JWT' })
      .setIssuer(this.options.issuer)
      .setAudience(this.options.audience)
      .setSubject(subject.identityId)
      .setIssuedAt(now)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { token, expiresAt };
  }

  /**
   * Verifies a token and returns its subject. Throws UNAUTHENTICATED for a token that is invalid, expired or
   * foreign.
   */
  async verify(token: string): Promise<AccessTokenSubject> {
    const known = this.recall(token);
    if (known) return known;
    const payload = await this.verifyAnew(token);
    const subject = subjectOf(payload);
    this.verified.set(fingerprintOf(token), { subject, expiresAt: (payload.exp ?? 0) * 1000 });
    return subject;
  }

  /** The subject of a token that was verified before and has not expired; undefined otherwise. */
  recall(token: string): AccessTokenSubject | undefined {
    const known = this.verified.get(fingerprintOf(token));
    return known && known.expiresAt > this.clock.now().getTime() ? known.subject : undefined;
  }

  private async verifyAnew(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, ({ kid = '' }) => this.verificationKey(kid), {
        issuer: this.options.issuer,
        audience: this.options.audience,
        algorithms: [signingAlgorithm],
        requiredClaims: ['exp', 'sub', 'sid'],
        currentDate: this.clock.now(),
      });
      return payload;
    } catch (error) {
      throw tokenRefusal(error);
    }
  }

  private async verificationKey(kid: string) {
    const jwk = await this.keys.publicKey(kid);
    if (!jwk) throw new Error('The token was not signed with a key of this server.');
    return importJWK(jwk, signingAlgorithm);
  }
}

function subjectOf(payload: JWTPayload): AccessTokenSubject {
  const orgId = payload['custom:org_id'];
  return {
    identityId: String(payload.sub),
    sessionId: String(payload.sid),
    email: textOf(payload.email),
    orgId: typeof orgId === 'string' ? orgId : undefined,
    provenAt: provenAtOf(payload),
  };
}

/** The claim `auth_time`, in milliseconds. */
export function provenAtOf({ auth_time: seconds }: JWTPayload): number | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** Custom claims are typed unknown. */
export function textOf(claim: unknown): string {
  return typeof claim === 'string' ? claim : '';
}
