import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { PinoLogger } from 'nestjs-pino';
import { buildEndSessionUrl } from 'openid-client';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { AddressThrottle } from '../../../platform/throttle/address-throttle.js';
import { type Connection, Connections, OidcDiscovery, oidcEndpoints } from '../sso/index.js';
import { openIdToken } from './id-token.js';
import type { Login } from './login.store.js';
import { LogoutRefusal, readLogoutClaims } from './logout-token.js';
import { ProviderSignOut } from './provider-sign-out.service.js';

const LONGEST_TOKEN = 16_384;
/** A token is brought as soon as it was issued; older ones are not remembered as used. */
const OLDEST_TOKEN_S = 10 * 60;
/** Not every provider says that it is one for logout; none of them says that it is one for something else. */
const TYPES = ['logout+jwt', 'jwt'];

/** Sign-out that an OIDC provider hears of (RP-Initiated Logout 1.0), or asks for (Back-Channel Logout 1.0). */
@Injectable()
export class OidcLogout {
  constructor(
    private readonly connections: Connections,
    private readonly discovery: OidcDiscovery,
    private readonly signOut: ProviderSignOut,
    private readonly scopes: Scopes,
    private readonly throttle: AddressThrottle,
    private readonly log: PinoLogger,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    log.setContext('sso');
  }

  /** Where the person signs out at the provider; empty: nowhere, or it cannot be found out. */
  async logoutUrl(connection: Connection, login: Login): Promise<string> {
    try {
      const client = await this.discovery.client(this.connections.oidcClientOf(connection));
      if (client.serverMetadata().end_session_endpoint === undefined) return '';
      const hint = openIdToken(this.envelope, login);
      const { postLogoutRedirectUri } = oidcEndpoints(this.config.http.publicUrl, connection.id);
      const parameters = { post_logout_redirect_uri: postLogoutRedirectUri };
      return buildEndSessionUrl(client, hint ? { ...parameters, id_token_hint: hint } : parameters).href;
    } catch (error) {
      // The local sign-out succeeds even when the provider's discovery document is unavailable.
      this.log.warn({ connectionId: connection.id, err: error }, 'provider logout is not available');
      return '';
    }
  }

  /** The provider wants sessions to end. False: refused; why is in the log. */
  async handleRequest(
    origin: ScopeOrigin,
    connectionId: string,
    token: string | undefined,
  ): Promise<boolean> {
    const connection = await this.scopes.run(origin, (scope) => this.connections.get(scope, connectionId));
    try {
      const { jti, sessions } = readLogoutClaims(await this.proven(connection, token));
      if (!(await this.signOut.end(origin, connectionId, `logout token ${jti}`, sessions))) {
        throw new LogoutRefusal('replayed', 'This logout token was used before.');
      }
    } catch (error) {
      if (!(error instanceof LogoutRefusal)) throw error;
      const { reason, message: detail } = error;
      const { requestId } = origin;
      this.log.warn({ requestId, connectionId, reason, detail }, 'logout token refused');
      return false;
    }
    // A provider signs many people out at once, and has proven itself: only others are limited.
    if (origin.address) await this.throttle.putBack(origin.address);
    return true;
  }

  private async proven(connection: Connection, token: string | undefined): Promise<unknown> {
    const client = this.connections.oidcClientOf(connection);
    if (!token || token.length > LONGEST_TOKEN) {
      throw new LogoutRefusal('no_token', token ? 'The token is too long.' : 'There is no token.');
    }
    try {
      return await this.discovery.verify(client, token, { maxAgeS: OLDEST_TOKEN_S, types: TYPES });
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no reason given';
      throw new LogoutRefusal('invalid_token', `The token is invalid: ${message}.`, { cause: error });
    }
  }
}
