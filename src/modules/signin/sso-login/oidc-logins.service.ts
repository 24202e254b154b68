import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, generateToken } from '@dovecote/secret';
import {
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  randomNonce,
  randomPKCECodeVerifier,
} from 'openid-client';
import { z } from 'zod';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import {
  type Connection,
  Connections,
  OidcDiscovery,
  oidcEndpoints,
  UnusableMetadata,
} from '../sso/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { attributesOf, storable } from './claims.rules.js';
import { sealIdToken } from './id-token.js';
import { LoginRefusal } from './login-refusal.js';
import { type Login, LoginStore } from './login.store.js';
import { type LoginStart, type LoginResult, Logins, type ProvenLogin } from './logins.service.js';
import { claimsFor } from './oidc-claims.js';

const USUAL_SCOPES = ['openid', 'email', 'profile'];
/** Clocks of two companies may differ by this much. */
const SKEW_MS = 60_000;

/** What an answer is checked with; kept sealed until it comes. */
const flow = z.object({ codeVerifier: z.string(), nonce: z.string() });

/** Logins through OpenID Connect providers: authorization code with PKCE, state and nonce. */
@Injectable()
export class OidcLogins {
  constructor(
    private readonly connections: Connections,
    private readonly discovery: OidcDiscovery,
    private readonly logins: Logins,
    private readonly store: LoginStore,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async begin(
    origin: ScopeOrigin,
    beginning: Omit<LoginStart, 'requestId'>,
  ): Promise<{ url: string; login: Login }> {
    const { connection } = beginning;
    const client = await this.client(connection);
    const [requestId, codeVerifier, nonce] = [generateToken(), randomPKCECodeVerifier(), randomNonce()];
    const login = await this.scopes.run(origin, (scope) =>
      this.logins.begin(scope, {
        ...beginning,
        requestId,
        sealedFlow: this.envelope.seal(JSON.stringify({ codeVerifier, nonce }), sealContext(requestId)),
      }),
    );
    const url = buildAuthorizationUrl(client, {
      redirect_uri: this.redirectUri(connection),
      scope: [...new Set([...USUAL_SCOPES, ...(connection.oidc?.scopes ?? [])])].join(' '),
      state: requestId,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      // Two words for the same: some providers know only one of them.
      ...(connection.oidc?.forceAuthn && { prompt: 'login', max_age: '0' }),
    });
    return { url: url.toString(), login };
  }

  /** `query` is what the provider sent the browser back with. */
  async handleResponse(
    origin: ScopeOrigin,
    connectionId: string,
    query: URLSearchParams,
  ): Promise<LoginResult> {
    const connection = await this.scopes.run(origin, (scope) => this.connections.get(scope, connectionId));
    if (!connection.oidc) throw notFound('connection');
    let proven: ProvenLogin | undefined;
    let login: Login | undefined;
    try {
      login = await this.take(origin, connection, storable(query.get('state') ?? ''));
      proven = await this.prove(connection, login, query);
      const code = await this.logins.succeed(origin, connection, login, proven);
      return { kind: 'admitted', login, code };
    } catch (error) {
      if (!(error instanceof LoginRefusal)) throw error;
      return {
        kind: 'refused',
        login,
        id: await this.logins.refuse(origin, connection, login, error, proven),
      };
    }
  }

  /** Claims the pending login for this response; a second response with the same state is refused. */
  private async take(origin: ScopeOrigin, connection: Connection, state: string): Promise<Login> {
    const login = await this.scopes.run(origin, (scope) =>
      this.store.takeRequest(scope, connection.id, state),
    );
    if (!login) {
      throw new LoginRefusal(
        'unknown_request',
        'The response matches no pending login: it began elsewhere, expired, or was answered before.',
      );
    }
    return login;
  }

  private async prove(connection: Connection, login: Login, query: URLSearchParams): Promise<ProvenLogin> {
    const client = await this.client(connection);
    const { codeVerifier, nonce } = this.opened(login);
    const callback = new URL(this.redirectUri(connection));
    callback.search = query.toString();
    const state = login.requestId ?? '';
    const said = await claimsFor(client, callback, { codeVerifier, nonce, state }, connection.provisioning);
    if (connection.oidc?.forceAuthn) requireFresh(said.authTime, login);
    return {
      subject: said.subject,
      subjectFormat: '',
      subjectQualifiers: [],
      lasting: true,
      verified: said.verified ? 'email' : undefined,
      withheld: said.withheld,
      sessionIndex: said.sid,
      sealedIdToken: sealIdToken(this.envelope, login, said.idToken),
      sessionEndsAt: null,
      attributes: attributesOf(said.claims),
    };
  }

  private async client(connection: Connection): Promise<Configuration> {
    try {
      return await this.discovery.client(this.connections.oidcClientOf(connection));
    } catch (error) {
      if (!(error instanceof UnusableMetadata)) throw error;
      throw new LoginRefusal('issuer_unreachable', error.message, { cause: error });
    }
  }

  private opened({ sealedFlow, requestId }: Login): z.infer<typeof flow> {
    if (!sealedFlow) throw new LoginRefusal('unknown_request', 'The login did not begin with this protocol.');
    return flow.parse(JSON.parse(this.envelope.open(sealedFlow, sealContext(requestId ?? '')).toString()));
  }

  private redirectUri({ id }: Connection): string {
    return oidcEndpoints(this.config.http.publicUrl, id).redirectUri;
  }
}

/** The person signed in for this login, and not for an earlier one. */
function requireFresh(authTime: number | undefined, { createdAt }: Login): void {
  if (authTime !== undefined && authTime * 1000 >= createdAt.getTime() - SKEW_MS) return;
  const last =
    authTime === undefined
      ? 'the provider does not say when the last one was'
      : `the last one was at ${new Date(authTime * 1000).toISOString()}`;
  throw new LoginRefusal('stale_sign_in', `A new sign-in was requested, but ${last}.`);
}

const sealContext = sealedColumn(
  { table: 'sso_login', column: 'sealed_flow', places: ['request_id'] },
  (requestId) => `sso_login/${requestId}`,
);
