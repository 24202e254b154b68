import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Sessions } from '../auth/index.js';
import { LoginStore, type ProviderSessions } from './login.store.js';

/** Longer than a message is taken, clocks that differ included. */
const REMEMBERED_MS = 3_600_000;
/** A login may take so long, from its beginning until its code is over. */
const LOGIN_MS = 20 * 60_000;

/** Sign-out that a provider asks for, in whatever form. */
@Injectable()
export class ProviderSignOut {
  constructor(
    private readonly store: LoginStore,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
  ) {}

  /**
   * Ends the sessions, also those that are about to begin. False for a message that was used before: what was used,
   * and what ended, are one transaction. `message` has its kind in it, apart from whatever else is kept in that place.
   */
  end(
    origin: ScopeOrigin,
    connectionId: string,
    message: string,
    sessions: ProviderSessions,
  ): Promise<boolean> {
    const hash = createHash('sha256').update(message).digest();
    return this.scopes.run(origin, async (scope) => {
      const now = scope.now().getTime();
      const kept = new Date(now + REMEMBERED_MS);
      if (!(await this.store.consumeAssertion(scope, connectionId, hash, kept))) return false;
      await this.endIn(scope, connectionId, sessions);
      return true;
    });
  }

  /** The sessions, and those that are about to begin. */
  async endIn(scope: Scope, connectionId: string, sessions: ProviderSessions): Promise<void> {
    await this.store.invalidateCodesOf(
      scope,
      connectionId,
      sessions,
      new Date(scope.now().getTime() - LOGIN_MS),
    );
    await this.sessions.end(scope, await this.store.sessionsOf(scope, connectionId, sessions));
  }
}
