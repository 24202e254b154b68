import { once } from 'node:events';
import { Agent, request as requestHttp1 } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostileRequest } from './request.js';

const PATIENCE_MS = 60_000;
/** More than the largest body: nothing that a server does not read may stop the client. */
const SESSION_MEGABYTES = 10_000;

/** What came back, in few words: a status and, where there is one, the code of the protocol. */
export type Answered = string;

type Head = Readonly<Record<string, string | undefined>>;

/** One connection to a server. It resets no stream itself: whatever stays open is the server's to end. */
export interface Client {
  send(request: HostileRequest, body: Buffer): Promise<Answered>;
  /** Whether the connection is still the one it was. */
  readonly kept: boolean;
  close(): void;
}

export class Http2Client implements Client {
  readonly #session: ClientHttp2Session;
  readonly #streams: ClientHttp2Stream[] = [];

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on('error', () => undefined);
  }

  static async open(url: string): Promise<Http2Client> {
    const session = connect(url, { maxSessionMemory: SESSION_MEGABYTES });
    await once(session, 'connect');
    return new Http2Client(session);
  }

  get kept(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  async send({ path, headers, unannounced }: HostileRequest, body: Buffer): Promise<Answered> {
    if (!this.kept) return 'connection ended';
    const length = unannounced ? {} : { 'content-length': String(body.length) };
    const stream = this.#session.request({ ':method': 'POST', ':path': path, ...length, ...headers });
    this.#streams.push(stream);
    // Its fields of interest come once.
    const heads: Head[] = [];
    const chunks: Buffer[] = [];
    stream.on('response', (head) => heads.push(head as Head));
    stream.on('trailers', (trailers) => heads.push(trailers as Head));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const over = new Promise<void>((resolve) => {
      for (const event of ['end', 'error', 'close']) stream.on(event, () => resolve());
    });
    stream.end(body);
    await inTime(over);
    return heads.length === 0 ? 'reset' : describe(Object.assign({}, ...heads) as Head, chunks);
  }

  close(): void {
    for (const stream of this.#streams.splice(0)) stream.destroy();
    this.#session.destroy();
  }
}

export class Http1Client implements Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #sockets = 0;

  constructor(private readonly url: string) {}

  get kept(): boolean {
    return this.#sockets <= 1;
  }

  async send({ path, headers, unannounced }: HostileRequest, body: Buffer): Promise<Answered> {
    const length = unannounced ? {} : { 'content-length': String(body.length) };
    const outgoing = requestHttp1(this.url + path, {
      method: 'POST',
      agent: this.#agent,
      headers: { ...length, ...headers },
    });
    outgoing.on('socket', () => (this.#sockets += outgoing.reusedSocket ? 0 : 1));
    let answered: Answered | undefined;
    const over = new Promise<void>((resolve) => {
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        const end = (): void => {
          answered = describe({ ':status': String(incoming.statusCode) }, chunks);
          resolve();
        };
        incoming.on('end', end).on('error', end);
      });
      // After the answer it says only that the rest of the body is not wanted.
      outgoing.on('error', () => resolve());
    });
    outgoing.end(body);
    await inTime(over);
    return answered ?? 'cut off';
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function inTime(over: Promise<void>): Promise<void> {
  const late = new AbortController();
  const alarm = delay(PATIENCE_MS, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error(`A request was not answered within ${PATIENCE_MS} ms.`)),
    () => undefined,
  );
  await Promise.race([over, alarm]).finally(() => late.abort());
}

function describe(head: Head, chunks: readonly Buffer[]): Answered {
  const status = head[':status'];
  const body = Buffer.concat(chunks).toString('latin1');
  const grpc = head['grpc-status'] ?? /grpc-status: ?(\d+)/.exec(body)?.[1];
  const code = /"code": ?"(\w+)"/.exec(body)?.[1];
  return [status, grpc === undefined ? code : `grpc ${grpc}`].filter(Boolean).join(' ');
}
