import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Peer } from '../call.js';
import type { Fields } from '../header-fields.js';
import type { RpcLimits } from '../limits.js';
import { readBody, type Body, type BodyLimits, type StopReading } from '../request-body.js';
import { receiveShortRest } from '../short-rest.js';
import type { Exchange } from './exchange.js';
import type { Answer } from './protocol.js';
import { closeUnread } from './unread.js';

/** No client of gRPC reads a date, and most servers send none. */
const withTrailer = { waitForTrailers: true, sendDate: false };
const withoutTrailer = {};

/** On the stream itself: Node's layer that looks like HTTP/1.1 costs as much as all of this. */
export class Http2Exchange implements Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #common: Fields;
  readonly #limits: RpcLimits;

  constructor(
    stream: ServerHttp2Stream,
    readonly header: IncomingHttpHeaders,
    readonly peer: Peer,
    common: Fields,
    limits: RpcLimits,
  ) {
    this.#stream = stream;
    this.#common = common;
    this.#limits = limits;
  }

  get url(): string {
    return this.header[':path'] ?? '/';
  }

  read(limits: BodyLimits, done: (body: Body) => void): StopReading {
    return readBody(this.#stream, limits, done);
  }

  onClose(listener: () => void): void {
    this.#stream.on('close', listener);
  }

  send(answer: Answer): void {
    if (this.#stream.readableEnded || this.#stream.state.remoteClose) return this.#write(answer);
    receiveShortRest(this.#stream)
      .then(() => this.#write(answer))
      .catch(() => this.abandon());
  }

  #write({ status, header, body, trailer }: Answer): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (trailer) stream.on('wantTrailers', () => stream.sendTrailers(trailer));
    stream.respond({ ':status': status, ...this.#common, ...header }, trailer ? withTrailer : withoutTrailer);
    stream.end(body);
    closeUnread(stream, body, this.#limits.responseIdleMs, () => this.abandon());
  }

  abandon(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}
