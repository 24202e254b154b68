import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretPost,
  clockSkew,
  clockTolerance,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
  setJwksCache,
} from 'openid-client';
import type { Clock } from '../../../platform/clock/clock.js';
import { AppError } from '../../../platform/errors/index.js';
import type { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import { ALGORITHMS, defectOf, takesSecretInForm, usablePartOf } from './discovery-document.rules.js';
import { UnusableMetadata } from './metadata-source.js';

/** Seconds that the clocks of both sides may be apart. */
const TOLERANCE_S = 60;
/** How long a document and keys are taken for what the provider would say now. */
const KEPT_MS = 5 * 60_000;
const MOST_KEPT = 1000;
/** openid-client asks for a key that it does not know when those that it has are as old as this. */
const ASKS_AGAIN_AFTER_S = 60;
/** Minimum time between key fetches caused by unauthenticated tokens; concurrent requests share one fetch. */
const UNVERIFIED_FETCH_MS = 10_000;

/** A connection's side of its provider. */
export interface OidcClient {
  orgId: string;
  connectionId: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
}

export interface OidcDiscoveryOptions {
  /** Providers without TLS, for development. */
  allowHttp: boolean;
}

/** An endpoint of a provider that gives no usable answer; the message is for the connection's admins. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  constructor(
    readonly endpoint: 'token_endpoint' | 'jwks_uri' | 'userinfo_endpoint',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a provider has said to one connection. */
interface Provider {
  orgId: string;
  server: ServerMetadata;
  until: number;
  keys?: { set: JSONWebKeySet; until: number };
  /** When an unauthenticated token last caused a key fetch. */
  strangersAskedAt: number;
}

/**
 * What is known of OIDC providers: their discovery documents and keys, fetched through the guarded client and kept for
 * a few minutes. Each connection has its own: what the provider of one organization says is nothing to another.
 */
export class OidcDiscovery {
  private readonly kept = new LRUCache<string, Provider>({ max: MOST_KEPT });

  constructor(
    private readonly outbound: OutboundClient,
    private readonly clock: Clock,
    private readonly options: OidcDiscoveryOptions,
  ) {}

  /** Throws UnusableMetadata. The document has to name itself as the issuer that was asked for. */
  async check(orgId: string, issuer: string): Promise<void> {
    await this.fetchDocument(orgId, issuer);
  }

  /** Throws UnusableMetadata. */
  async client(settings: OidcClient): Promise<Configuration> {
    const provider = await this.provider(settings);
    try {
      return this.configured(provider, settings);
    } catch (error) {
      throw new UnusableMetadata(reasonOf(error), { cause: error });
    }
  }

  /**
   * The claims of a token from an unauthenticated request, verified: signature, issuer, audience, and issued
   * within `maxAgeS`. Throws with the reason.
   */
  async verify(
    settings: OidcClient,
    token: string,
    { maxAgeS, types }: { maxAgeS: number; types: readonly string[] },
  ): Promise<JWTPayload> {
    const provider = await this.provider(settings);
    const { payload, protectedHeader } = await jwtVerify(
      token,
      async (header, input) => {
        const known = createLocalJWKSet(await this.keysOf(provider));
        return known(header, input).catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey) || !this.mayFetchForUnverified(provider))
            throw error;
          return createLocalJWKSet(await this.fetchKeys(provider))(header, input);
        });
      },
      {
        algorithms: ALGORITHMS,
        issuer: provider.server.issuer,
        audience: settings.clientId,
        currentDate: this.clock.now(),
        clockTolerance: TOLERANCE_S,
        maxTokenAge: maxAgeS,
        requiredClaims: ['exp'],
      },
    );
    const type = (protectedHeader.typ ?? 'JWT').toLowerCase().replace(/^application\//, '');
    if (!types.includes(type))
      throw new errors.JWTInvalid(`tokens of the type ${type} are for something else`);
    return payload;
  }

  private configured(provider: Provider, { clientId, clientSecret }: OidcClient): Configuration {
    const skewSeconds = Math.round((this.clock.now().getTime() - Date.now()) / 1000);
    const metadata = { [clockSkew]: skewSeconds, [clockTolerance]: TOLERANCE_S };
    const client = new Configuration(provider.server, clientId, metadata, clientAuth(clientSecret));
    client[customFetch] = (url, request) => this.ask(provider, url, request);
    // The signature of an ID token counts, also where it came straight from the provider.
    enableNonRepudiationChecks(client);
    if (this.options.allowHttp) allowInsecureRequests(client);
    const jwks = this.keptKeys(provider);
    // Old enough to be asked for again when a token is signed with another key: it came from the provider itself.
    if (jwks) setJwksCache(client, { jwks, uat: Math.floor(Date.now() / 1000) - ASKS_AGAIN_AFTER_S });
    return client;
  }

  /** A connection whose issuer was changed has another document. */
  private async provider({ orgId, connectionId, issuer }: OidcClient): Promise<Provider> {
    const key = `${orgId}/${connectionId}/${issuer}`;
    const known = this.kept.get(key);
    const now = this.clock.now().getTime();
    if (known && known.until > now) return known;
    const server = await this.fetchDocument(orgId, issuer);
    const provider: Provider = { orgId, server, until: now + KEPT_MS, strangersAskedAt: 0 };
    this.kept.set(key, provider);
    return provider;
  }

  private async fetchDocument(orgId: string, issuer: string): Promise<ServerMetadata> {
    if (!URL.canParse(issuer)) throw new UnusableMetadata('The issuer is not a URL.');
    try {
      // The client is of no account: only the document is taken.
      const found = await discovery(new URL(issuer), '-', undefined, None(), {
        [customFetch]: (url, request) => this.fetch(orgId, url, request),
        execute: this.options.allowHttp ? [allowInsecureRequests] : [],
      });
      return this.usable(found.serverMetadata());
    } catch (error) {
      if (error instanceof UnusableMetadata) throw error;
      throw new UnusableMetadata(reasonOf(error), { cause: error });
    }
  }

  private usable(server: ServerMetadata): ServerMetadata {
    // Microsoft's multi-tenant issuer: users of every tenant could sign in.
    if (server.issuer.includes('{tenantid}')) {
      throw new UnusableMetadata('The issuer is shared by many tenants; enter the issuer of your tenant.');
    }
    const defect = defectOf({ ...server }, this.options.allowHttp);
    if (defect) throw new UnusableMetadata(defect);
    return usablePartOf(server, this.options.allowHttp);
  }

  /** Errors name the endpoint, so that the admin knows which one fails. */
  private async ask(provider: Provider, url: string, request: OutgoingRequest): Promise<Response> {
    const { token_endpoint, jwks_uri } = provider.server;
    const endpoint =
      url === jwks_uri ? 'jwks_uri' : url === token_endpoint ? 'token_endpoint' : 'userinfo_endpoint';
    const response = await this.fetch(provider.orgId, url, request).catch((error: unknown) => {
      throw error instanceof AppError ? new EndpointError(endpoint, error.message, { cause: error }) : error;
    });
    if (endpoint !== 'jwks_uri') return response;
    if (!response.ok) throw new EndpointError(endpoint, `It answered ${response.status}.`);
    const keys = await keysIn(response.clone()).catch((error: unknown) => {
      throw new EndpointError(endpoint, 'The response is not JSON.', { cause: error });
    });
    this.keep(provider, keys);
    return response;
  }

  private async keysOf(provider: Provider): Promise<JSONWebKeySet> {
    return this.keptKeys(provider) ?? this.fetchKeys(provider);
  }

  private async fetchKeys(provider: Provider): Promise<JSONWebKeySet> {
    const response = await this.outbound.get(provider.server.jwks_uri ?? '', provider.orgId);
    if (!response.ok) throw new UnusableMetadata(`The key set answered ${response.status}.`);
    return this.keep(provider, await keysIn(response));
  }

  private keep(provider: Provider, set: JSONWebKeySet): JSONWebKeySet {
    provider.keys = { set, until: this.clock.now().getTime() + KEPT_MS };
    return set;
  }

  private keptKeys({ keys }: Provider): JSONWebKeySet | undefined {
    return keys && keys.until > this.clock.now().getTime() ? keys.set : undefined;
  }

  private mayFetchForUnverified(provider: Provider): boolean {
    const now = this.clock.now().getTime();
    if (now - provider.strangersAskedAt < UNVERIFIED_FETCH_MS) return false;
    provider.strangersAskedAt = now;
    return true;
  }

  private async fetch(orgId: string, url: string, request: OutgoingRequest): Promise<Response> {
    const { method, headers, body } = request;
    if (method !== 'GET' && method !== 'POST') throw new Error(`openid-client sends ${method}.`);
    return this.outbound.send(url, { orgId, method, headers, body: body ? textOf(body) : undefined });
  }
}

/** Its shape is for those to check who look for a key in it. */
async function keysIn(response: Response): Promise<JSONWebKeySet> {
  return (await response.json()) as JSONWebKeySet;
}

/** In the form where the provider says that it takes it there, which keeps it out of logs of header fields. */
function clientAuth(secret: string): ClientAuth {
  if (secret === '') return None();
  return (server, ...rest) => {
    const inForm = takesSecretInForm(server.token_endpoint_auth_methods_supported);
    const authenticate = inForm ? ClientSecretPost(secret) : clientSecretBasic(secret);
    return authenticate(server, ...rest);
  };
}

/** openid-client's encodes hyphens and dots, too, which servers that forget to decode do not forgive. */
function clientSecretBasic(secret: string): ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    const credentials = [client_id, secret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** What openid-client hands to its fetch. */
interface OutgoingRequest {
  method: string;
  headers: Record<string, string>;
  body: unknown;
}

function textOf(body: unknown): string | Uint8Array {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error('openid-client sends a body of another kind.');
}

function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (error instanceof Error && error.cause instanceof AppError) return error.cause.message;
  return error instanceof Error
    ? `The discovery document cannot be used: ${error.message}.`
    : 'The discovery document cannot be used.';
}
