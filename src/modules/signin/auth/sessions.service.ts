import { Injectable } from '@nestjs/common';
import { generateToken, hashToken } from '@dovecote/secret';
import { AccessTokens, type IssuedAccessToken } from '../../../platform/caller/access-tokens.js';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { sessionEnded } from '../../../platform/caller/sessions.directory.js';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import { originOf, type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { deviceNameOf } from './device-name.js';
import { type Person, PersonStore } from './person.store.js';
import type { Proof } from './session.store.js';
import { provenAtOf, type Session, SessionStore, type SsoOrigin } from './session.store.js';
import { refreshRefused } from './sign-in.rules.js';

export interface TokenPair {
  accessToken: string;
  accessExpiresAt: Date;
  refreshToken: string;
  refreshExpiresAt: Date;
}

/** The next pair of a session, and whose it is. */
export interface RefreshedPair extends TokenPair {
  person: Person;
}

type IssueAccessToken = Awaited<ReturnType<AccessTokens['issuer']>>;

/** A person's sign-ins, from the first token pair to the last. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    private readonly people: PersonStore,
    private readonly tokens: AccessTokens,
    private readonly scopes: Scopes,
  ) {}

  /**
   * Opens a session after `admit` has run. The session, its tokens and the writes of `admit` share one
   * transaction.
   */
  async open(
    origin: ScopeOrigin,
    caller: PersonCaller,
    deviceName: string,
    admit: (scope: Scope) => Promise<void>,
    proof: Proof = 'code',
    sso?: SsoOrigin,
  ): Promise<TokenPair> {
    const issue = await this.tokens.issuer();
    return this.scopes.run({ ...origin, caller }, async (scope) => {
      await admit(scope);
      const { sessionId: id, identityId } = caller;
      const name = deviceName || deviceNameOf(scope.userAgent);
      await this.store.insert(scope, { id, identityId, deviceName: name, proof });
      if (sso) await this.store.markSso(scope, id, sso);
      const provenAt = provenAtOf({ proof }, scope.now()).getTime();
      return this.pairOf(scope, { ...caller, provenAt }, issue);
    });
  }

  /**
   * Records a new authentication in the calling session after `admit` has verified it. The refresh token
   * stays valid: access tokens from it carry the new time.
   */
  async reauthenticate(
    scope: Scope,
    proof: Proof,
    admit: (scope: Scope) => Promise<void>,
  ): Promise<IssuedAccessToken> {
    const { caller } = scope;
    if (caller.kind !== 'person') throw new Error('The access table admits only persons here.');
    const issue = await this.tokens.issuer();
    return this.scopes.run(originOf(scope), async (inner) => {
      await admit(inner);
      if (!(await this.store.prove(inner, caller.sessionId, proof))) throw sessionEnded();
      return this.accessOf(inner, { ...caller, provenAt: inner.now().getTime() }, issue);
    });
  }

  /**
   * Trades a refresh token. One that was used before ends the session, even if its two users are tabs of one
   * browser a moment apart: nothing tells them from a thief and an owner. Therefore nothing that can fail comes
   * after the trade is committed: a client that never gets its new token would come back with the old one.
   */
  async refresh(scope: Scope, refreshToken: string): Promise<RefreshedPair> {
    const origin = originOf(scope);
    const hash = hashToken(refreshToken);
    const issue = await this.tokens.issuer();
    // In separate transactions: the revocations of a refused call must be committed.
    const caller = await this.scopes.run(origin, async (inner) => {
      const holder = await this.store.holderOf(inner, hash);
      if (!holder) await this.endSessionOf(inner, hash);
      return holder;
    });
    const pair =
      caller &&
      (await this.scopes.run({ ...origin, caller }, async (inner) => {
        if (await this.spend(inner, caller.sessionId, hash)) return this.pairOf(inner, caller, issue);
        return undefined;
      }));
    if (!caller || !pair) throw refreshRefused();
    return { ...pair, person: { id: caller.identityId, email: caller.email } };
  }

  list(scope: Scope): Promise<Session[]> {
    return this.store.list(scope);
  }

  async revoke(scope: Scope, sessionId: string): Promise<void> {
    // One by one they would be all the others.
    if (sessionId !== scope.sessionId) scope.requireRecentProof();
    if (!(await this.store.revokeOwn(scope, sessionId))) throw notFound('session');
    await scope.announceRevocation(`session:${sessionId}`);
  }

  /** Ends every session of the person but the calling one; how many there were. */
  async revokeOthers(scope: Scope): Promise<number> {
    const ended = await this.store.revokeOthers(scope, scope.sessionId);
    for (const id of ended) await scope.announceRevocation(`session:${id}`);
    return ended.length;
  }

  /** Ends the calling session. */
  async signOut(scope: Scope, sessionId: string): Promise<void> {
    refuseForeignSession(sessionId);
    await this.store.revokeOwn(scope, sessionId);
    await scope.announceRevocation(`session:${sessionId}`);
  }

  /** Ends the session of a refresh token, used or not. An unknown token changes nothing. */
  async endByToken(scope: Scope, refreshToken: string): Promise<void> {
    const sessionId = await this.store.sessionOfToken(scope, hashToken(refreshToken));
    if (sessionId !== undefined) await this.end(scope, [sessionId]);
  }

  /** Ends every session that came through the connection. */
  async endThrough(scope: Scope, connectionId: string): Promise<void> {
    for (const id of await this.store.revokeThrough(scope, connectionId)) {
      await scope.announceRevocation(`session:${id}`);
    }
  }

  /** Ends sessions by id. The caller of this method decides which. */
  async end(scope: Scope, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.store.revoke(scope, id);
      await scope.announceRevocation(`session:${id}`);
    }
  }

  async purge(scope: Scope): Promise<void> {
    await this.store.purge(scope);
  }

  /** The next tokens of the caller's session, the access token made out for where they work by default. */
  private async pairOf(scope: Scope, caller: PersonCaller, issue: IssueAccessToken): Promise<TokenPair> {
    const access = await this.accessOf(scope, caller, issue);
    const refreshToken = generateToken();
    const refreshExpiresAt = await this.store.insertToken(scope, {
      hash: hashToken(refreshToken),
      sessionId: caller.sessionId,
    });
    return { accessToken: access.token, accessExpiresAt: access.expiresAt, refreshToken, refreshExpiresAt };
  }

  private async accessOf(
    scope: Scope,
    { identityId, sessionId, email, provenAt, ssoOrgId }: PersonCaller,
    issue: IssueAccessToken,
  ): Promise<IssuedAccessToken> {
    const [memberships, passkeyEnrolled] = await Promise.all([
      this.people.listMemberships(scope),
      this.people.isPasskeyEnrolled(scope),
    ]);
    const home = memberships.find(({ orgId }) => orgId === ssoOrgId) ?? memberships[0];
    return issue({ identityId, sessionId, email, provenAt, orgId: home?.orgId, passkeyEnrolled });
  }

  /**
   * Returns false when the token was spent by a concurrent call, or the session has ended in the meantime.
   */
  private async spend(scope: Scope, sessionId: string, hash: Buffer): Promise<boolean> {
    if (await this.store.useToken(scope, hash)) return this.store.extend(scope, sessionId);
    await this.endSessionOf(scope, hash);
    return false;
  }

  private async endSessionOf(scope: Scope, spentHash: Buffer): Promise<void> {
    const sessionId = await this.store.sessionOfSpentToken(scope, spentHash);
    if (!sessionId) return;
    await this.store.revoke(scope, sessionId);
    await scope.announceRevocation(`session:${sessionId}`);
  }
}

/** What another issuer keeps is ended, and proven again, there. */
export function refuseForeignSession(sessionId: string): void {
  if (sessionId !== '') return;
  throw failedPrecondition(
    'SESSION_ELSEWHERE',
    'This session belongs to the issuer of the access token; sign in or out there.',
  );
}
