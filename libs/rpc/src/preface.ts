import type { Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export type HttpVersion = 'http1' | 'http2';

/** Undefined while the bytes could still become either: "P" alone may be POST. */
export function httpVersionOf(start: Buffer): HttpVersion | undefined {
  const length = Math.min(start.length, PREFACE.length);
  if (PREFACE.compare(start, 0, length, 0, length) !== 0) return 'http1';
  return length === PREFACE.length ? 'http2' : undefined;
}

export interface Patience {
  /** For the first byte: clients open connections ahead of the calls that they will carry. */
  readonly idleMs: number;
  /** For the bytes after it that tell the version. */
  readonly startMs: number;
}

/**
 * Reads just enough of a new connection to know its HTTP version, puts the bytes back and reports it.
 * Reports nothing for a connection that ends or stays silent; a silent one is destroyed.
 */
export function peekHttpVersion(
  socket: Socket,
  { idleMs, startMs }: Patience,
  found: (version: HttpVersion) => void,
): void {
  let start: Buffer = Buffer.alloc(0);
  let timer = patience(idleMs, () => socket.destroy());
  const stop = (): void => {
    timer.stop();
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', stop);
  };
  // A half-open connection would otherwise stay until the timeout.
  const onEnd = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    if (start.length === 0) {
      timer.stop();
      timer = patience(startMs, () => socket.destroy());
    }
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    const version = httpVersionOf(start);
    if (version === undefined) return;
    stop();
    socket.pause();
    socket.unshift(start);
    found(version);
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('close', stop);
}

/**
 * A timer that lets pending socket events run before it fires. After a pause of the whole process, timers run
 * first, while data that arrived in time is still unread.
 */
function patience(ms: number, act: () => void): { stop(): void } {
  let turn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (turn = setImmediate(act)), ms);
  return {
    stop: () => {
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}
