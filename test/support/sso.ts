import { createHash, randomBytes } from 'node:crypto';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  type Login,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import type { Client } from '@connectrpc/connect';
import { type Actor, type Cast, seedCast } from './cast.js';
import { carry, type ProviderPerson, type SamlProvider, startSamlProvider } from './saml-provider.js';
import { startTestServer, type TestServer } from './test-server.js';

/** Where the client of the specs waits. */
export const appUrl = 'https://app.example/signed-in';

export type Person = ProviderPerson & { email: string };

export interface SignedIn {
  tokens: TokenPair;
  headers: { authorization: string };
  client: Client<typeof AuthService>;
}

/** A server on which Acme and Other are connected to a SAML provider each. */
export interface SsoWorld {
  readonly server: TestServer;
  readonly cast: Cast;
  readonly provider: SamlProvider;
  readonly connection: Connection;
  readonly foreign: SamlProvider;
  readonly foreignConnection: Connection;
  /** Begins a sign-in as a client does. */
  begin(email?: string): Promise<{ url: string; verifier: string }>;
  /** Somebody whom nobody has met, in Acme's domain. */
  newPerson(attributes?: ProviderPerson['attributes']): Person;
  signIn(person: ProviderPerson): Promise<SignedIn>;
  /** The newest login of Acme on record. */
  lastLogin(): Promise<Login>;
  stop(): Promise<void>;
}

export async function startSsoWorld(): Promise<SsoWorld> {
  const [provider, foreign] = await Promise.all([startSamlProvider(), startSamlProvider()]);
  const server = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: `${provider.host},${foreign.host}`,
      SSO_TRUSTED_DOMAINS: 'acme.example,other.example',
      SSO_REDIRECT_URIS: appUrl,
    },
  });
  const cast = await seedCast(server);
  const connection = await connect(cast.alice, provider, 'acme.example');
  const foreignConnection = await connect(cast.mallory, foreign, 'other.example');
  let people = 0;

  async function begin(email = 'anybody@acme.example'): Promise<{ url: string; verifier: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const { url } = await server.client(SsoSignInService).startSsoSignIn({
      hint: { case: 'email', value: email },
      redirectUri: appUrl,
      state: 'client-state',
      codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    return { url, verifier };
  }

  return {
    server,
    cast,
    provider,
    connection,
    foreign,
    foreignConnection,
    begin,
    newPerson(attributes) {
      people += 1;
      const email = `person-${people}@acme.example`;
      return { nameId: email, email, attributes: attributes && { email, ...attributes } };
    },
    async signIn(person) {
      const { url, verifier } = await begin();
      const code = destination(await carry(server, connection.id, provider.answer(url, person))).get('code');
      const exchange = { code: code ?? '', codeVerifier: verifier };
      const { tokens } = await server.client(SsoSignInService).exchangeSsoCode(exchange);
      if (!tokens) throw new Error('A sign-in without tokens.');
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      return { tokens, headers, client: server.client(AuthService, headers) };
    },
    async lastLogin() {
      const connections = cast.alice.client(ConnectionService);
      const [login] = (await connections.listLogins({ pagination: { pageSize: 1 } })).logins;
      if (!login) throw new Error('No login is on record.');
      return login;
    },
    async stop() {
      await server.stop();
      await Promise.all([provider.stop(), foreign.stop()]);
    },
  };
}

/** An active connection to the provider, and a domain that is proven. */
async function connect(admin: Actor, to: SamlProvider, domain: string): Promise<Connection> {
  const domains = admin.client(DomainService);
  await domains.addDomain({ name: domain });
  await domains.verifyDomain({ name: domain });
  const connections = admin.client(ConnectionService);
  const { connection: made } = await connections.createConnection({
    name: 'Directory',
    settings: { case: 'saml', value: { metadataUrl: to.metadataUrl } },
    provisioning: { createMembers: true },
  });
  const { connection: active } = await connections.updateConnection({
    connectionId: made?.id,
    state: ConnectionState.ACTIVE,
  });
  if (!active) throw new Error('A connection was not activated.');
  return active;
}

/** The parameters with which the browser is sent back to the client. */
export function destination(response: Response): URLSearchParams {
  const url = new URL(response.headers.get('location') ?? 'about:blank');
  if (response.status !== 303 || `${url.origin}${url.pathname}` !== appUrl) {
    throw new Error(`The browser was not sent back to the client, but got ${response.status}.`);
  }
  return url.searchParams;
}
