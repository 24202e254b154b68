import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Peer } from '../call.js';
import type { Fields } from '../header-fields.js';
import type { RpcLimits } from '../limits.js';
import { closeLingering } from '../lingering-close.js';
import { discardRest, readBody, type Body, type BodyLimits, type StopReading } from '../request-body.js';
import type { Exchange } from './exchange.js';
import type { Answer } from './protocol.js';
import { closeUnread } from './unread.js';

/** Node sends a string in one piece with the header, and bytes in a second one; that is dearer than the copy. */
const ONE_WRITE_BYTES = 16 * 1024;

/** Without trailers: gRPC over HTTP/1.1 is left to the general path. */
export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limits: RpcLimits;
  /** Fields of every answer to this request, whatever it is. */
  readonly #common: Fields;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    readonly peer: Peer,
    common: Fields,
    limits: RpcLimits,
  ) {
    this.#request = request;
    this.#response = response;
    this.#common = common;
    this.#limits = limits;
  }

  get header(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get url(): string {
    return this.#request.url ?? '/';
  }

  read(limits: BodyLimits, done: (body: Body) => void): StopReading {
    return readBody(this.#request, limits, done);
  }

  onClose(listener: () => void): void {
    this.#response.on('close', listener);
  }

  send(answer: Answer): void {
    if (this.#request.complete) return this.#write(answer);
    discardRest(this.#request, this.#limits.requestBytes, this.#limits.requestRestMs)
      .then((complete) => {
        if (!complete) closeLingering(this.#response, this.#limits.requestRestMs);
        this.#write(answer);
      })
      .catch(() => this.abandon());
  }

  abandon(): void {
    this.#response.destroy();
  }

  #write({ status, header, body }: Answer): void {
    if (this.#response.destroyed) return;
    this.#response.writeHead(status, { ...this.#common, ...header });
    if (body.length > ONE_WRITE_BYTES) this.#response.end(body);
    else this.#response.end(latin1Of(body), 'latin1');
    closeUnread(this.#response, body, this.#limits.responseIdleMs, () => this.abandon());
  }
}

function latin1Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
