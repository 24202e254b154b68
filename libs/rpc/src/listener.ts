import type { X509Certificate } from 'node:crypto';
import { createServer as createHttp1Server, type Server as Http1Server } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { freeWhenAnswered } from './free-answered.js';
import { closeWhenIdle } from './idle-session.js';
import { http1Options, http2Options, type RpcLimits } from './limits.js';
import type { NodeRequest, NodeResponse } from './node-http.js';
import { peekHttpVersion, type HttpVersion } from './preface.js';

export interface TlsOptions {
  cert: string | Buffer;
  key: string | Buffer;
  /** Requires client certificates. */
  clients?: ClientCertificates;
}

export interface ClientCertificates {
  /** The authorities that sign them, in PEM. */
  ca: string | Buffer;
  /**
   * Whether to serve a client with this certificate; otherwise the connection is closed before a request is
   * read.
   */
  admit(certificate: X509Certificate): boolean;
}

export interface ListenOptions {
  port: number;
  host?: string;
  /** What calls on this port see as `call.listener`. */
  name?: string;
  /** TLS of this port; false for none, whatever the server's default. */
  tls?: TlsOptions | false;
}

export interface RequestListener {
  onRequest(request: NodeRequest, response: NodeResponse): void;
  /** Sees every HTTP/2 request first; what it returns false for becomes a request like those of HTTP/1.1. */
  onStream(
    stream: ServerHttp2Stream,
    header: IncomingHttpHeaders,
    rawHeader: readonly string[],
    remoteAddress: string | undefined,
  ): boolean;
}

/** Keep-alive finds the peers that vanished without a word and left a quiet stream open. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** One port that speaks HTTP/1.1 and HTTP/2, told apart by the first bytes; with TLS also offered by ALPN. */
export class Listener {
  readonly #limits: RpcLimits;
  readonly #server: Server;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  /** Makes requests and responses of streams. */
  readonly #http2Requests: Http2Server;
  readonly #onStream: RequestListener['onStream'];
  readonly #sockets = new Set<Socket>();
  readonly #undecided = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #openStreams = 0;

  constructor(limits: RpcLimits, tls: TlsOptions | undefined, { onRequest, onStream }: RequestListener) {
    this.#limits = limits;
    this.#onStream = onStream;
    this.#http1 = createHttp1Server(http1Options(limits), onRequest);
    // Node enforces the header and request timeouts only on a server that it has seen listening.
    this.#http1.emit('listening');
    this.#http2 = createHttp2Server(http2Options(limits));
    this.#http2Requests = createHttp2Server(onRequest);
    this.#server = tls
      ? this.#secure(tls)
      : createNetServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
  }

  listen({ port, host }: ListenOptions): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        // A server on a TCP port has an AddressInfo; only pipes answer with a string.
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** HTTP/2 streams that are neither answered nor given up. */
  get openStreams(): number {
    return this.#openStreams;
  }

  /** Stops accepting, asks every connection to finish, and resolves when the last one is closed. */
  drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#undecided) socket.destroy();
    for (const session of this.#sessions) session.close();
    // Closes idle connections only; those with a call in flight close after their answer.
    this.#http1.close();
    return closed;
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #secure({ cert, key, clients }: TlsOptions): Server {
    const server = createTlsServer(
      {
        cert,
        key,
        ...(clients && { ca: clients.ca, requestCert: true, rejectUnauthorized: true }),
        ALPNProtocols: ['h2', 'http/1.1'],
        handshakeTimeout: this.#limits.peekTimeoutMs,
        ...SOCKET_OPTIONS,
      },
      (socket) => {
        if (clients && !isAdmitted(socket, clients)) socket.destroy();
        else this.#accept(socket);
      },
    );
    // A failed handshake is the client's business.
    server.on('tlsClientError', (_error, socket) => void socket.destroy());
    return server;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.#undecided.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#undecided.delete(socket);
    });
    const { connectionIdleMs: idleMs, peekTimeoutMs: startMs } = this.#limits;
    peekHttpVersion(socket, { idleMs, startMs }, (version) => this.#dispatch(socket, version));
  }

  #dispatch(socket: Socket, version: HttpVersion): void {
    this.#undecided.delete(socket);
    if (version === 'http2') {
      // Emitted before emit() returns; the session itself reads what was put back.
      this.#http2.once('session', (session) => this.#track(session, socket));
      this.#http2.emit('connection', socket);
    } else {
      this.#http1.emit('connection', socket);
      if (socket instanceof TLSSocket) feedByEvents(socket);
      socket.resume();
    }
  }

  #track(session: ServerHttp2Session, socket: Socket): void {
    const { remoteAddress } = socket;
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => session.destroy());
    closeWhenIdle(session, socket, this.#limits.connectionIdleMs);
    session.on('stream', (stream, header, flags, rawHeader) => {
      this.#openStreams++;
      stream.once('close', () => this.#openStreams--);
      freeWhenAnswered(stream, this.#limits.requestRestMs);
      if (!this.#onStream(stream, header, rawHeader, remoteAddress)) {
        this.#http2Requests.emit('stream', stream, header, flags, rawHeader);
      }
    });
  }
}

/**
 * Has Node hand bytes to its HTTP parser by the events of the stream, as it does where the bytes are listened for. The way
 * that it takes otherwise goes past the stream: while a large answer is still being written it pauses the parser, and the
 * next TLS record of the same packet ends the connection with HPE_PAUSED.
 */
function feedByEvents(socket: TLSSocket): void {
  socket.on('data', () => undefined);
}

/** Its authority is known by then: the handshake has seen to that. */
function isAdmitted(socket: TLSSocket, { admit }: ClientCertificates): boolean {
  const certificate = socket.getPeerX509Certificate();
  return certificate !== undefined && admit(certificate);
}
