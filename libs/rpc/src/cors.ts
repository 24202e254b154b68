import { cors as connectCors } from '@connectrpc/connect';
import type { Fields } from './header-fields.js';
import { setFields, type NodeRequest, type NodeResponse } from './node-http.js';

export interface CorsOptions {
  /** Origins that may call from a browser: `https://a.example`, `http://localhost:*` for any port, `*` for any. */
  origins: readonly string[];
  /** Besides those of Connect and gRPC-Web. */
  allowedHeaders?: readonly string[];
  exposedHeaders?: readonly string[];
}

const PREFLIGHT_CACHE_SECONDS = '7200';
const ALLOW_ORIGIN = 'access-control-allow-origin';
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
    const fields = this.#allowOrigin(request.headers.origin);
    setFields(response, fields);
    if (Object.hasOwn(fields, ALLOW_ORIGIN)) {
      response.setHeader('access-control-allow-methods', connectCors.allowedMethods.join(', '));
      response.setHeader('access-control-allow-headers', this.#allowed);
      response.setHeader('access-control-max-age', PREFLIGHT_CACHE_SECONDS);
    }
    response.statusCode = 204;
    response.end();
  }

  /** What the answers to this origin carry. */
  fields(origin: string | undefined): Fields {
    const fields = this.#allowOrigin(origin);
    return Object.hasOwn(fields, ALLOW_ORIGIN)
      ? { ...fields, 'access-control-expose-headers': this.#exposed }
      : fields;
  }

  #allowOrigin(origin: string | undefined): Fields {
    if (this.#any) return origin === undefined ? {} : { [ALLOW_ORIGIN]: '*' };
    // Caches must not hand one origin's answer to another, nor a refusal to an allowed one.
    if (origin === undefined || !this.#allows(origin)) return { vary: 'Origin' };
    return { vary: 'Origin', [ALLOW_ORIGIN]: origin };
  }

  #allows(origin: string): boolean {
    return this.#origins.has(origin) || this.#origins.has(`${origin.replace(PORT, '')}:*`);
  }
}
