import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { http1, type RawResponse } from './raw.js';

/** A request as its bytes, for either version of HTTP. */
export interface RawRequest {
  readonly version: 1 | 2;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends requests to one server; over HTTP/2 on one connection. */
export class RawClient {
  readonly #port: number;
  readonly #session: ClientHttp2Session;

  constructor(port: number) {
    this.#port = port;
    this.#session = connect(`http://127.0.0.1:${port}`);
  }

  send({ version, method, path, headers, body }: RawRequest): Promise<RawResponse> {
    return version === 1
      ? http1(this.#port, path, headers, body, method)
      : this.#http2({ ':method': method, ':path': path, ...headers }, body);
  }

  close(): void {
    this.#session.destroy();
  }

  async #http2(headers: Record<string, string>, body: Buffer): Promise<RawResponse> {
    const endStream = body.length === 0;
    const stream = this.#session.request(headers, { endStream });
    let trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (fields) => (trailers = fields));
    if (!endStream) stream.end(body);
    const [{ ':status': status, ...fields }] = await once(stream, 'response');
    // Without the symbol that Node adds, which is no field.
    const plain = (header: IncomingHttpHeaders) => Object.fromEntries(Object.entries(header));
    const content = await buffer(stream);
    return {
      status,
      headers: plain(fields),
      body: content,
      trailers: plain(trailers) as NodeJS.Dict<string>,
    };
  }
}
