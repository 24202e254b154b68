import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockSkew,
  clockTolerance,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import { AppError } from '../../platform/errors/index.js';
import type { OutboundClient } from '../../platform/outbound/outbound-client.js';
import { UnusableMetadata } from './metadata-source.js';

/** Seconds that the clocks of both sides may be apart. */
const TOLERANCE_S = 60;

export interface OidcClient {
  issuer: string;
  clientId: string;
  clientSecret: string;
}

export interface OidcDiscoveryOptions {
  /** Providers without TLS, for development. */
  allowHttp: boolean;
}

/** What is known of OIDC providers: their discovery documents, each fetched through the guarded client. */
export class OidcDiscovery {
  constructor(
    private readonly outbound: OutboundClient,
    private readonly options: OidcDiscoveryOptions,
  ) {}

  /**
   * Throws UnusableMetadata. The document has to name itself as the issuer that was asked for. `now` is the clock that
   * tokens are judged by; without one the client is good for nothing but to see whether the document can be used.
   */
  async discover({ issuer, clientId, clientSecret }: OidcClient, now?: () => Date): Promise<Configuration> {
    if (!URL.canParse(issuer)) throw new UnusableMetadata('The issuer is no URL.');
    try {
      const skewSeconds = now ? Math.round((now().getTime() - Date.now()) / 1000) : 0;
      const metadata = { [clockSkew]: skewSeconds, [clockTolerance]: TOLERANCE_S };
      return await discovery(new URL(issuer), clientId, metadata, clientAuth(clientSecret), {
        [customFetch]: (url, request) => this.fetch(url, request),
        // The signature of an ID token counts, also where it came straight from the provider.
        execute: [enableNonRepudiationChecks, ...(this.options.allowHttp ? [allowInsecureRequests] : [])],
      });
    } catch (error) {
      throw new UnusableMetadata(reasonOf(error), { cause: error });
    }
  }

  private async fetch(url: string, request: OutgoingRequest): Promise<Response> {
    const { method, headers, body } = request;
    if (method !== 'GET' && method !== 'POST') throw new Error(`openid-client sends ${method}.`);
    return this.outbound.send(url, { method, headers, body: body ? textOf(body) : undefined });
  }
}

/** In the form where the provider takes it there, which keeps it out of logs of header fields. */
function clientAuth(secret: string): ClientAuth {
  if (secret === '') return None();
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_post'];
    const authenticate = methods.includes('client_secret_post')
      ? ClientSecretPost(secret)
      : ClientSecretBasic(secret);
    authenticate(server, ...rest);
  };
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
