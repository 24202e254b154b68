import { cors as connectCors } from '@connectrpc/connect';
import type { NodeRequest, NodeResponse } from './node-http.js';

export interface CorsOptions {
  /** Origins that may call from a browser: `https://a.example`, `http://localhost:*` for any port, `*` for any. */
  origins: readonly string[];
  /** Besides those of Connect and gRPC-Web. */
  allowedHeaders?: readonly string[];
  exposedHeaders?: readonly string[];
}

const PREFLIGHT_CACHE_SECONDS = '7200';
const PORT = /:\d+$/;

/** Credentials travel in headers, never in cookies, so no answer allows credentials. */
export class Cors {
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #allowed: string;
  readonly #exposed: string;

  constructor(options: CorsOptions) {
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase()));
    this.#any = this.#origins.has('*');
    this.#allowed = [...connectCors.allowedHeaders, 'Authorization', ...(options.allowedHeaders ?? [])].join(
      ', ',
    );
    this.#exposed = [...connectCors.exposedHeaders, ...(options.exposedHeaders ?? [])].join(', ');
  }

  isPreflight(request: NodeRequest): boolean {
    return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  }

  answerPreflight(request: NodeRequest, response: NodeResponse): void {
    if (this.#allowOrigin(request, response)) {
      response.setHeader('Access-Control-Allow-Methods', connectCors.allowedMethods.join(', '));
      response.setHeader('Access-Control-Allow-Headers', this.#allowed);
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_CACHE_SECONDS);
    }
    response.statusCode = 204;
    response.end();
  }

  decorate(request: NodeRequest, response: NodeResponse): void {
    if (this.#allowOrigin(request, response)) {
      response.setHeader('Access-Control-Expose-Headers', this.#exposed);
    }
  }

  #allowOrigin(request: NodeRequest, response: NodeResponse): boolean {
    const origin = request.headers.origin;
    if (this.#any) {
      if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', '*');
      return origin !== undefined;
    }
    // Caches must not hand one origin's answer to another, nor a refusal to an allowed one.
    response.setHeader('Vary', 'Origin');
    if (origin === undefined || !this.#allows(origin)) return false;
    response.setHeader('Access-Control-Allow-Origin', origin);
    return true;
  }

  #allows(origin: string): boolean {
    return this.#origins.has(origin) || this.#origins.has(`${origin.replace(PORT, '')}:*`);
  }
}
