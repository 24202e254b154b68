import { createHash } from 'node:crypto';
import type { Once, OneTimeUse } from '@dovecote/saml';
import type { ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import type { Login, LoginStore } from './login.store.js';

/**
 * Marks the assertion and the request of a SAML response as used, in a separate transaction that also commits
 * when the login is refused.
 */
export class ReplayGuard implements OneTimeUse {
  private login: Login | undefined;

  constructor(
    private readonly origin: ScopeOrigin,
    private readonly connectionId: string,
    private readonly scopes: Scopes,
    private readonly store: LoginStore,
  ) {}

  /** The login whose request was used; undefined when none was. */
  get answered(): Login | undefined {
    return this.login;
  }

  use({ assertionId, usableUntil, requestId }: Once): ReturnType<OneTimeUse['use']> {
    const hash = createHash('sha256').update(assertionId).digest();
    return this.scopes.run(this.origin, async (scope) => {
      const isFirst = await this.store.consumeAssertion(scope, this.connectionId, hash, usableUntil);
      if (!isFirst) return 'replayed';
      if (requestId === undefined) return 'first';
      this.login = await this.store.takeRequest(scope, this.connectionId, requestId);
      return this.login ? 'first' : 'unknown_request';
    });
  }
}
