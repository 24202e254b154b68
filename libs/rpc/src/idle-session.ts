import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { stallWatch, type StallWatch, type Watched } from './stall-watch.js';

/** Time for a connection that is being closed to take what is still on its way. */
const LAST_WORDS_MS = 1_000;

/** Closes an HTTP/2 connection that has had no stream and no ping for that long. */
export function closeWhenIdle(session: ServerHttp2Session, socket: Socket, idleMs: number): void {
  new IdleSession(session, socket, stallWatch(idleMs)).start();
}

/** Replaces the session's own timeout, which Node resets several times per call. */
class IdleSession implements Watched {
  quiet = 0;
  #streams = 0;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #watch: StallWatch;

  constructor(session: ServerHttp2Session, socket: Socket, watch: StallWatch) {
    this.#session = session;
    this.#socket = socket;
    this.#watch = watch;
  }

  start(): void {
    const onStreamClose = (): void => {
      this.quiet = 0;
      this.#streams--;
    };
    this.#session.on('stream', (stream) => {
      this.#streams++;
      stream.on('close', onStreamClose);
    });
    this.#session.on('ping', () => (this.quiet = 0));
    this.#session.once('close', () => this.#watch.delete(this));
    this.#watch.add(this);
  }

  onStall(): void {
    // A quiet stream may be alive, a watch for instance; an unread one ends by its own limit.
    if (this.#streams > 0) return;
    this.#watch.delete(this);
    this.#session.close();
    // Closing waits for what a peer that no longer reads will never take.
    setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS).unref();
  }
}
