import { Injectable } from '@nestjs/common';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import { Sessions } from '../auth/index.js';
import { Connections } from '../sso/index.js';
import { LoginStore } from './login.store.js';
import { OidcLogout } from './oidc-logout.service.js';
import { SamlLogout } from './saml-logout.service.js';
import { systemOrigin } from './sso-sign-in.service.js';

/** Sign-out that begins here: of the session, and the way to sign out of its provider. */
@Injectable()
export class SsoSignOut {
  constructor(
    private readonly connections: Connections,
    private readonly saml: SamlLogout,
    private readonly oidc: OidcLogout,
    private readonly store: LoginStore,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
  ) {}

  /** Ends the calling session. Answers where the person signs out at the provider; empty: nowhere. */
  async start(scope: Scope): Promise<string> {
    const url = await this.logoutUrl(scope);
    await this.sessions.signOut(scope, scope.sessionId);
    return url;
  }

  private async logoutUrl(scope: Scope): Promise<string> {
    const { ssoOrgId, sessionId } = scope;
    if (!ssoOrgId) return '';
    const origin = systemOrigin(scope, ssoOrgId);
    const found = await this.scopes.run(origin, async (inner) => {
      const login = await this.store.ofSession(inner, sessionId);
      return login && { login, connection: await this.connections.get(inner, login.connectionId) };
    });
    if (!found) return '';
    const { login, connection } = found;
    return connection.saml ? this.saml.logoutUrl(origin, login) : this.oidc.logoutUrl(connection, login);
  }
}
