import { createHash } from 'node:crypto';
import type { OneTimeUse } from '@dovecote/saml';
import type { ScopeOrigin, Scopes } from '../../platform/scope/index.js';
import type { Login, LoginStore } from './login.store.js';

/** One answer at the ACS uses up what it brings, in transactions of their own: whatever becomes of the login. */
export class OneTime implements OneTimeUse {
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

  async consumeRequest(requestId: string): Promise<boolean> {
    this.login = await this.scopes.run(this.origin, (scope) =>
      this.store.takeRequest(scope, this.connectionId, requestId),
    );
    return this.login !== undefined;
  }

  consumeAssertion(id: string, expiresAt: Date): Promise<boolean> {
    const hash = createHash('sha256').update(id).digest();
    return this.scopes.run(this.origin, (scope) =>
      this.store.consumeAssertion(scope, this.connectionId, hash, expiresAt),
    );
  }
}
