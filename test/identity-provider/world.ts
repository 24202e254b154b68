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
import { type Cast, seedCast } from '../support/cast.js';
import { freePort } from '../support/free-port.js';
import type { PlainBrowser, Visit } from '../support/plain-browser.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Where the client of the specs waits. */
export const appUrl = 'https://app.example/signed-in';

/** A server that a real provider's browser reaches under its public URL, and Acme's connection to that provider. */
export interface ProviderWorld {
  readonly server: TestServer;
  readonly cast: Cast;
  readonly connection: Connection;
  /** What the provider has to know of us. */
  ourMetadata(): Promise<string>;
  /** Begins a sign-in as a client does. */
  begin(): Promise<{ url: string; verifier: string }>;
  /** Trades the code with which the browser came back. */
  exchange(back: Visit, verifier: string): Promise<TokenPair>;
  isSignedIn(tokens: TokenPair): Promise<boolean>;
  lastLogin(): Promise<Login>;
  stop(): Promise<void>;
}

/** `host` is the provider's. */
export async function startProviderWorld(metadataUrl: string, host: string): Promise<ProviderWorld> {
  const port = await freePort();
  const server = await startTestServer({
    env: {
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      OUTBOUND_ALLOWED_HOSTS: host,
      SSO_TRUSTED_DOMAINS: 'acme.example',
      SSO_REDIRECT_URIS: appUrl,
    },
  });
  try {
    return await connectTo(server, metadataUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function connectTo(server: TestServer, metadataUrl: string): Promise<ProviderWorld> {
  const cast = await seedCast(server);
  const domains = cast.alice.client(DomainService);
  await domains.addDomain({ name: 'acme.example' });
  await domains.verifyDomain({ name: 'acme.example' });
  const connections = cast.alice.client(ConnectionService);
  const { connection } = await connections.createConnection({
    name: 'Directory',
    settings: { case: 'saml', value: { metadataUrl } },
    provisioning: {
      createMembers: true,
      roleMappings: [{ group: 'leads', roleId: cast.acme.roles.manager }],
    },
  });
  if (!connection) throw new Error('No connection was made.');
  return {
    server,
    cast,
    connection,
    async ourMetadata() {
      return (await fetch(connection.serviceProvider?.metadataUrl ?? '')).text();
    },
    async begin() {
      const verifier = randomBytes(32).toString('base64url');
      const { url } = await server.client(SsoSignInService).startSsoSignIn({
        hint: { case: 'email', value: 'anna@acme.example' },
        redirectUri: appUrl,
        state: 'client-state',
        codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
      });
      return { url, verifier };
    },
    async exchange({ url }, codeVerifier) {
      const code = new URL(url).searchParams.get('code') ?? '';
      const { tokens } = await server.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier });
      if (!tokens) throw new Error('A sign-in without tokens.');
      return tokens;
    },
    async isSignedIn({ accessToken }) {
      const client = server.client(AuthService, { authorization: `Bearer ${accessToken}` });
      return client.listSessions({}).then(
        () => true,
        () => false,
      );
    },
    async lastLogin() {
      const [login] = (await connections.listLogins({ pagination: { pageSize: 1 } })).logins;
      if (!login) throw new Error('No login is on record.');
      return login;
    },
    stop: () => server.stop(),
  };
}

export async function activate({ cast, connection }: ProviderWorld): Promise<void> {
  const connections = cast.alice.client(ConnectionService);
  await connections.updateConnection({ connectionId: connection.id, state: ConnectionState.ACTIVE });
}

/** Sends a form that was sent before once more, as whoever has seen it would. */
export async function replay(browser: PlainBrowser): Promise<Response> {
  const form = browser.carried.findLast(({ fields }) => 'SAMLResponse' in fields);
  if (!form) throw new Error('No response has been carried yet.');
  return fetch(form.action, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form.fields).toString(),
    redirect: 'manual',
  });
}
