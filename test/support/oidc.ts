import { createHash, randomBytes } from 'node:crypto';
import { AuthService, type WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  type Login,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { type Cast, seedCast } from './cast.js';
import { clientId, clientSecret, type OidcProvider, type Spoil, startOidcProvider } from './oidc-provider.js';
import { startTestServer, type TestServer } from './test-server.js';

const appUrl = 'https://app.example/signed-in';

/** A server on which Acme is connected to an OpenID provider. */
export interface OidcWorld {
  readonly server: TestServer;
  readonly cast: Cast;
  readonly provider: OidcProvider;
  readonly connection: Connection;
  /** With what the browser is sent back to the client when the provider says this. */
  attempt(claims: Record<string, unknown>, spoil?: Spoil): Promise<URLSearchParams>;
  /** Signs in; fails when the login is refused. */
  signIn(claims: Record<string, unknown>): Promise<WhoAmIResponse>;
  /** The newest login of Acme on record. */
  lastLogin(): Promise<Login>;
  /** What is known of the provider is old, and asked for anew. */
  forgetProvider(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOidcWorld(): Promise<OidcWorld> {
  const provider = await startOidcProvider();
  const server = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: provider.host,
      SSO_TRUSTED_DOMAINS: 'acme.example',
      SSO_REDIRECT_URIS: appUrl,
    },
  });
  const cast = await seedCast(server);
  const domains = cast.alice.client(DomainService);
  await domains.addDomain({ name: 'acme.example' });
  await domains.verifyDomain({ name: 'acme.example' });
  const connections = cast.alice.client(ConnectionService);
  const { connection: made } = await connections.createConnection({
    name: 'OpenID',
    settings: { case: 'oidc', value: { issuer: provider.issuer, clientId, clientSecret } },
    provisioning: { createMembers: true },
  });
  const state = ConnectionState.ACTIVE;
  const { connection } = await connections.updateConnection({ connectionId: made?.id, state });
  if (!connection) throw new Error('A connection was not activated.');

  async function sent(claims: Record<string, unknown>, spoil?: Spoil) {
    const verifier = randomBytes(32).toString('base64url');
    const { url } = await server.client(SsoSignInService).startSsoSignIn({
      hint: { case: 'email', value: 'anybody@acme.example' },
      redirectUri: appUrl,
      codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    const back = provider.signIn(url, claims, spoil);
    const response = await fetch(`${server.url}${back.pathname}${back.search}`, { redirect: 'manual' });
    return { verifier, parameters: new URL(response.headers.get('location') ?? '').searchParams };
  }

  const world: OidcWorld = {
    server,
    cast,
    provider,
    connection,
    attempt: async (claims, spoil) => (await sent(claims, spoil)).parameters,
    async signIn(claims) {
      const { verifier, parameters } = await sent(claims);
      const code = parameters.get('code');
      if (!code) throw new Error(`Refused: ${(await world.lastLogin()).reason}`);
      const exchange = { code, codeVerifier: verifier };
      const { tokens } = await server.client(SsoSignInService).exchangeSsoCode(exchange);
      return server.client(AuthService, { authorization: `Bearer ${tokens?.accessToken}` }).whoAmI({});
    },
    async lastLogin() {
      const [login] = (await connections.listLogins({ pagination: { pageSize: 1 } })).logins;
      if (!login) throw new Error('No login is on record.');
      return login;
    },
    async forgetProvider() {
      provider.aheadMs += 6 * 60_000;
      await server.travel(6 * 60_000);
    },
    async stop() {
      await server.stop();
      await provider.stop();
    },
  };
  return world;
}
