import { Injectable } from '@nestjs/common';
import { generateToken, hashToken } from '@dovecote/secret';
import { AccessTokens } from '../../platform/caller/access-tokens.js';
import type { PersonCaller } from '../../platform/caller/caller.js';
import { announceRevocation } from '../../platform/caller/revocation-feed.js';
import { failedPrecondition, notFound } from '../../platform/errors/index.js';
import { type Scope, type ScopeOrigin, Scopes } from '../../platform/scope/index.js';
import { PersonStore } from './person.store.js';
import { type Session, SessionStore } from './session.store.js';
import { refreshRefused } from './sign-in.rules.js';

export interface TokenPair {
  accessToken: string;
  accessExpiresAt: Date;
  refreshToken: string;
  refreshExpiresAt: Date;
}

interface RefreshToken {
  token: string;
  expiresAt: Date;
}

/** A person's sign-ins, from the first token pair to the last. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    private readonly people: PersonStore,
    private readonly tokens: AccessTokens,
    private readonly scopes: Scopes,
  ) {}

  /** Opens the session that `scope` speaks for; its tokens are issued once that is durable. */
  async open(scope: Scope, caller: PersonCaller, deviceName: string): Promise<RefreshToken> {
    await this.store.insert(scope, { id: caller.sessionId, identityId: caller.identityId, deviceName });
    return this.nextToken(scope, caller.sessionId);
  }

  /**
   * Trades a refresh token. One that was used before ends the session, even if its two users are tabs of one
   * browser a moment apart: nothing tells them from a thief and an owner.
   */
  async refresh(scope: Scope, refreshToken: string): Promise<TokenPair> {
    const origin = originOf(scope);
    // In a transaction of its own: what a refused call revokes must stay revoked.
    const rotated = await this.scopes.run(origin, (inner) => this.rotate(inner, hashToken(refreshToken)));
    if (!rotated) throw refreshRefused();
    return this.pairOf(origin, rotated.caller, rotated.next);
  }

  list(scope: Scope): Promise<Session[]> {
    return this.store.list(scope);
  }

  async revoke(scope: Scope, sessionId: string): Promise<void> {
    if (!(await this.store.revokeOwn(scope, sessionId))) throw notFound('session');
    await announceRevocation(scope, `session:${sessionId}`);
  }

  /** Ends the calling session. */
  async signOut(scope: Scope, sessionId: string): Promise<void> {
    if (sessionId === '') {
      throw failedPrecondition(
        'SESSION_ELSEWHERE',
        'This session belongs to the issuer of the access token; sign out there.',
      );
    }
    await this.store.revokeOwn(scope, sessionId);
    await announceRevocation(scope, `session:${sessionId}`);
  }

  async purge(scope: Scope): Promise<void> {
    await this.store.purge(scope);
  }

  /** The tokens for a session, its access token made out for the organization to work in by default. */
  async pairOf(
    origin: Omit<ScopeOrigin, 'caller'>,
    caller: PersonCaller,
    next: RefreshToken,
  ): Promise<TokenPair> {
    const [home] = await this.scopes.run({ ...origin, caller }, (scope) =>
      this.people.listMemberships(scope),
    );
    const { identityId, sessionId, email } = caller;
    const { token, expiresAt } = await this.tokens.issue({
      identityId,
      sessionId,
      email,
      orgId: home?.orgId,
    });
    return {
      accessToken: token,
      accessExpiresAt: expiresAt,
      refreshToken: next.token,
      refreshExpiresAt: next.expiresAt,
    };
  }

  private async rotate(
    scope: Scope,
    hash: Buffer,
  ): Promise<{ caller: PersonCaller; next: RefreshToken } | undefined> {
    const used = await this.store.useToken(scope, hash);
    if (!used) {
      await this.endSessionOf(scope, hash);
      return undefined;
    }
    if (used.expiresAt <= scope.now()) return undefined;
    const identityId = await this.store.extend(scope, used.sessionId);
    const person = identityId && (await this.people.find(scope, identityId));
    if (!person) return undefined;
    return {
      caller: { kind: 'person', identityId: person.id, email: person.email, sessionId: used.sessionId },
      next: await this.nextToken(scope, used.sessionId),
    };
  }

  private async endSessionOf(scope: Scope, spentHash: Buffer): Promise<void> {
    const sessionId = await this.store.sessionOfToken(scope, spentHash);
    if (!sessionId) return;
    await this.store.revoke(scope, sessionId);
    await announceRevocation(scope, `session:${sessionId}`);
  }

  private async nextToken(scope: Scope, sessionId: string): Promise<RefreshToken> {
    const token = generateToken();
    const expiresAt = await this.store.insertToken(scope, { hash: hashToken(token), sessionId });
    return { token, expiresAt };
  }
}

/** The same call, for a transaction of its own. */
export function originOf({ caller, requestId, address, signal }: Scope): ScopeOrigin {
  return { caller, requestId, address, signal };
}
