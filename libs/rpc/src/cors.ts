import { cors as connectCors } from '@connectrpc/connect';
import type { Fields } from './header-fields.js';
import { setFields, type NodeRequest, type NodeResponse } from './node-http.js';

export interface CorsOptions {
  /** Origins that may call from a browser: `https://a.example`, `http://localhost:*` for any port, `*` for any. */
  origins: readonly string[];
  /** Besides those of Connect and gRPC-Web. */
  allowedHeaders?: readonly string[];
  exposedHeaders?: readonly string[];
  /** Besides those, for services that pages of any origin may call. */
  anyOriginHeaders?: readonly string[];
}

const PREFLIGHT_CACHE_SECONDS = '7200';
const ALLOW_ORIGIN = 'access-control-allow-origin';
const ALLOW_CREDENTIALS = 'access-control-allow-credentials';
const PORT = /:\d+$/;

/**
 * Credentials travel in headers, never in cookies, so no answer allows credentials; except those of services that any page
 * may call: a browser sends a beacon with its cookies, which nothing reads, and asks for the permission.
 */
export class Cors {
  readonly #anyPage: boolean;
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #allowed: string;
  readonly #exposed: string;

  /** `anyPage`: for services that pages of any origin may call, whatever the origins of the options. */
  constructor(options: CorsOptions, anyPage = false) {
    this.#anyPage = anyPage;
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase()));
    this.#any = this.#origins.has('*');
    this.#allowed = [
      ...connectCors.allowedHeaders,
      'Authorization',
      ...(options.allowedHeaders ?? []),
      ...((anyPage && options.anyOriginHeaders) || []),
    ].join(', ');
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
    if (this.#anyPage && origin !== undefined)
      return { vary: 'Origin', [ALLOW_ORIGIN]: origin, [ALLOW_CREDENTIALS]: 'true' };
    if (this.#any && !this.#anyPage) return origin === undefined ? {} : { [ALLOW_ORIGIN]: '*' };
    // Caches must not hand one origin's answer to another, nor a refusal to an allowed one.
    if (origin === undefined || !this.#allows(origin)) return { vary: 'Origin' };
    return { vary: 'Origin', [ALLOW_ORIGIN]: origin };
  }

  #allows(origin: string): boolean {
    return this.#origins.has(origin) || this.#origins.has(`${origin.replace(PORT, '')}:*`);
  }
}
