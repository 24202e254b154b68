import { connect, type Socket } from 'node:net';
import { flag, FRAME_HEAD, frame, frameType, headerBlock, opening, windowUpdate } from './http2-frames.js';
import type { CallShape } from './shape.js';
import type { Tally } from './tally.js';

/** When to give the connection's window back; far below its size. */
const WINDOW_SLICE = 2 ** 24;

interface Stream {
  startedAt: number;
  bytes: number;
}

/** One connection that keeps a number of streams busy. Frames on a socket, for the reason that http1.ts gives. */
export function callOverHttp2(port: number, shape: CallShape, streams: number, tally: Tally): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = new Http2Connection(socket, shape, tally);
    socket.on('connect', () => connection.open(streams));
    socket.on('data', (chunk) => {
      try {
        connection.read(chunk);
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', resolve);
  });
}

class Http2Connection {
  readonly #block: Buffer;
  readonly #message: Buffer;
  readonly #streams = new Map<number, Stream>();
  #nextStream = 1;
  #unread: Buffer = Buffer.alloc(0);
  #consumed = 0;
  /** Written at once, as clients do that have several calls to make. */
  #outgoing: Buffer[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly shape: CallShape,
    private readonly tally: Tally,
  ) {
    const pseudo = { ':method': 'POST', ':scheme': 'http', ':path': shape.path, ':authority': 'localhost' };
    this.#block = headerBlock({ ...pseudo, ...shape.headers });
    this.#message = Buffer.from(shape.body, 'base64');
  }

  open(streams: number): void {
    this.#outgoing.push(opening());
    for (let stream = 0; stream < streams; stream++) this.#call();
    this.#flush();
  }

  read(chunk: Buffer): void {
    const bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    while (at + FRAME_HEAD <= bytes.length) {
      const end = at + FRAME_HEAD + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#onFrame(
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes.readUInt32BE(at + 5),
        bytes.subarray(at + FRAME_HEAD, end),
      );
      at = end;
    }
    this.#unread = bytes.subarray(at);
    this.#flush();
    if (this.#streams.size === 0) this.socket.end();
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case frameType.settings:
      case frameType.ping:
        if (!(flags & flag.ack)) this.#outgoing.push(frame(type, flag.ack, 0, answerTo(type, payload)));
        return;
      case frameType.data:
        this.#consume(payload.length);
        this.#onStream(id, payload.length, flags);
        return;
      case frameType.headers:
        this.#onStream(id, 0, flags);
        return;
      case frameType.reset:
        // After the answer it only says that nothing more of the request is wanted.
        if (this.#streams.has(id)) this.#end(id, false);
        return;
      case frameType.goaway:
        throw new Error(`The server ended the connection with code ${payload.readUInt32BE(4)}.`);
    }
  }

  #onStream(id: number, bytes: number, flags: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.bytes += bytes;
    if (flags & flag.endStream) this.#end(id, stream.bytes === this.shape.answerBytes);
  }

  #end(id: number, correct: boolean): void {
    const stream = this.#streams.get(id)!;
    this.#streams.delete(id);
    this.tally.count(stream.startedAt, correct);
    if (this.tally.open) this.#call();
  }

  #call(): void {
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(id, { startedAt: performance.now(), bytes: 0 });
    this.#outgoing.push(
      frame(frameType.headers, flag.endHeaders, id, this.#block),
      frame(frameType.data, flag.endStream, id, this.#message),
    );
  }

  #consume(bytes: number): void {
    this.#consumed += bytes;
    if (this.#consumed < WINDOW_SLICE) return;
    this.#outgoing.push(windowUpdate(this.#consumed));
    this.#consumed = 0;
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    this.socket.write(Buffer.concat(this.#outgoing));
    this.#outgoing = [];
  }
}

/** Settings are acknowledged without, pings with what they said. */
function answerTo(type: number, payload: Buffer): Uint8Array {
  return type === frameType.ping ? payload : Buffer.alloc(0);
}
