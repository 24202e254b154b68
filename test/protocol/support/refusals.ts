import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A request that is refused, and what of its body is on the way when it is. */
export interface Refused {
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  /** The client sends no more, and does not end its request either. */
  readonly stalls?: boolean;
  /** The client resets the stream. */
  readonly leaves?: boolean;
}

const PATIENCE_MS = 30_000;

/** One connection of a client that has room for whatever its server does not read. */
export class RefusedClient {
  readonly #session: ClientHttp2Session;
  readonly #streams: ClientHttp2Stream[] = [];

  constructor(url: string) {
    this.#session = connect(url, { maxSessionMemory: 100_000 });
    this.#session.on('error', () => undefined);
  }

  /** Sends it and waits for the answer, a reset included. It never resets a stream itself unless told to. */
  async refuse({ headers, body, stalls, leaves }: Refused): Promise<void> {
    const stream = this.#session.request({ ':method': 'POST', ...headers });
    this.#streams.push(stream);
    stream.on('error', () => undefined);
    stream.resume();
    stream.write(body);
    if (leaves) {
      await new Promise(setImmediate);
      return stream.close(8);
    }
    if (!stalls) stream.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${headers[':path']} was not answered`)), PATIENCE_MS);
    });
    const over = new Promise<void>((resolve) => {
      stream.on('end', resolve);
      stream.on('error', () => resolve());
    });
    await Promise.race([over, late]).finally(() => clearTimeout(timer));
  }

  async status(headers: Record<string, string>, body: string): Promise<number> {
    const stream = this.#session.request({ ':method': 'POST', ...headers });
    stream.end(body);
    stream.resume();
    const [answer] = await once(stream, 'response');
    return Number(answer[':status']);
  }

  /** Lets go of what Node keeps of requests that were never sent to their end. */
  forget(): void {
    for (const stream of this.#streams.splice(0)) stream.destroy();
  }

  close(): void {
    this.#session.destroy();
  }
}

/** Bytes that this process holds outside of what a collection would free. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
