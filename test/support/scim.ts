import {
  type Connection,
  ConnectionService,
  ConnectionState,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { type Actor, type Cast, seedCast } from './cast.js';
import { type SamlProvider, startSamlProvider } from './saml-provider.js';
import { startTestServer, type TestServer } from './test-server.js';

/** A resource, a list or an error, as a directory reads it. */
export interface ScimBody {
  [name: string]: unknown;
  id: string;
  detail: string;
  Resources: ScimBody[];
  totalResults: number;
}

interface ScimReply {
  status: number;
  headers: Headers;
  body: ScimBody;
}

interface ScimCall {
  body?: unknown;
  headers?: Record<string, string>;
}

/** A directory that provisions with one token. */
export type ScimDirectory = (method: string, path: string, call?: ScimCall) => Promise<ScimReply>;

export function scimDirectory(server: TestServer, token: string): ScimDirectory {
  return async (method, path, { body, headers } = {}) => {
    const response = await fetch(`${server.url}/scim/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as ScimBody,
    };
  };
}

export interface ScimWorld {
  s: TestServer;
  cast: Cast;
  provider: SamlProvider;
  /** Of Acme, with all that a super admin may give. */
  connection: Connection;
  token: string;
  scim: ScimDirectory;
  /** Of Other. */
  foreignConnection: Connection;
  foreign: ScimDirectory;
  stop(): Promise<void>;
}

/** Two organizations with a proven domain, a connection and a directory each. */
export async function startScimWorld(env: Record<string, string> = {}): Promise<ScimWorld> {
  const provider = await startSamlProvider();
  const s = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: provider.host,
      SSO_TRUSTED_DOMAINS: 'acme.example,other.example',
      ...env,
    },
  });
  const cast = await seedCast(s);
  const connection = await connect(cast.alice, provider, 'acme.example');
  const foreignConnection = await connect(cast.mallory, provider, 'other.example');
  const token = await newToken(cast.alice, connection.id);
  return {
    s,
    cast,
    provider,
    connection,
    token,
    scim: scimDirectory(s, token),
    foreignConnection,
    foreign: scimDirectory(s, await newToken(cast.mallory, foreignConnection.id)),
    async stop() {
      await s.stop();
      await provider.stop();
    },
  };
}

export async function connect(actor: Actor, to: SamlProvider, domain?: string): Promise<Connection> {
  if (domain) {
    await actor.client(DomainService).addDomain({ name: domain });
    await actor.client(DomainService).verifyDomain({ name: domain });
  }
  const connections = actor.client(ConnectionService);
  const { connection } = await connections.createConnection({
    name: 'Directory',
    settings: { case: 'saml', value: { metadataUrl: to.metadataUrl } },
    provisioning: { createMembers: true },
  });
  await connections.updateConnection({ connectionId: connection?.id, state: ConnectionState.ACTIVE });
  if (!connection) throw new Error('No connection was made.');
  return connection;
}

export async function newToken(actor: Actor, connectionId: string): Promise<string> {
  return (await actor.client(ScimService).createScimToken({ connectionId, name: 'Directory' })).secret;
}

let people = 0;

/** A user that nobody has yet. */
export function newUser(more: Record<string, unknown> = {}): Record<string, unknown> & { userName: string } {
  people += 1;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: `scim-${people}@acme.example`,
    externalId: `external-${people}`,
    ...more,
  };
}

export const patchOf = (...operations: unknown[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: operations,
});
