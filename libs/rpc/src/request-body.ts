import type { Readable } from 'node:stream';
import { Code, ConnectError } from '@connectrpc/connect';
import type { NodeRequest } from './node-http.js';
import { stallWatch, type StallWatch, type Watched } from './stall-watch.js';

/** The five bytes before an enveloped message. */
const ENVELOPE_HEADER = 5;
const NOTHING = new Uint8Array();

export interface BodyLimits {
  /** Largest message. */
  readonly maxBytes: number;
  /** Longest pause between two chunks. */
  readonly idleMs: number;
}

/**
 * The body of a call with one request message, as one chunk. Handing small chunks on one by one would let
 * a client that dribbles bytes cost quadratic time and a buffer object per byte.
 * A body over the limit is cut just above it, which the protocol then reports in its own words.
 */
export async function* wholeBody(
  request: NodeRequest,
  limits: BodyLimits,
  reading: Reading,
): AsyncIterable<Uint8Array> {
  const body = await new Promise<Body>((resolve) => {
    reading.stop = readBody(request, limits, resolve);
  });
  if (!(body instanceof Uint8Array)) throw body;
  if (body.length > 0) yield body;
}

/** The body of a call with a stream of request messages, as it comes. */
export async function* streamedBody(request: NodeRequest): AsyncIterable<Uint8Array> {
  try {
    // Destroying the request on an early end would destroy an HTTP/1.1 socket before the answer is out.
    yield* request.iterator({ destroyOnReturn: false });
  } catch {
    // Node reports a different error when the client disconnects.
    throw cutOff();
  }
}

/** A whole body, or why it did not come. */
export type Body = Uint8Array | ConnectError;

/** Gives up a body that is being read: its call is over for another reason. */
export type StopReading = (reason: ConnectError) => void;

/** The body of one call. It can be abandoned while it is being read. */
export interface Reading {
  stop?: StopReading;
}

/**
 * Reads to the end, or until it is clear that the body is too large, stalled or cut off. What it returns gives the
 * body up before that.
 */
export function readBody(source: Readable, limits: BodyLimits, done: (body: Body) => void): StopReading {
  const reader = new BodyReader(source, limits, done);
  reader.start();
  return (reason) => reader.giveUp(reason);
}

class BodyReader implements Watched {
  quiet = 0;
  readonly #source: Readable;
  readonly #maxBytes: number;
  readonly #watch: StallWatch;
  readonly #bytes = new GrowingBuffer();
  #done: ((body: Body) => void) | undefined;

  constructor(source: Readable, { maxBytes, idleMs }: BodyLimits, done: (body: Body) => void) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.#watch = stallWatch(idleMs);
    this.#done = done;
  }

  start(): void {
    if (this.#source.readableEnded) return this.#settle(NOTHING);
    if (this.#source.destroyed) return this.#settle(cutOff());
    this.#watch.add(this);
    this.#source.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    this.#source.on('end', () => this.#settle(this.#bytes.view()));
    this.#source.on('close', () => this.#settle(cutOff()));
  }

  onStall(): void {
    this.giveUp(new ConnectError('the request body stalled', Code.DeadlineExceeded));
  }

  #onData(chunk: Uint8Array): void {
    // Given up: whatever still comes is read, if at all, to be dropped.
    if (!this.#done) return;
    this.quiet = 0;
    this.#bytes.append(chunk);
    if (this.#bytes.length > this.#maxBytes + ENVELOPE_HEADER) this.giveUp(this.#bytes.view());
  }

  giveUp(body: Body): void {
    if (!this.#done) return;
    this.#source.pause();
    this.#settle(body);
  }

  #settle(body: Body): void {
    const done = this.#done;
    this.#done = undefined;
    this.#watch.delete(this);
    done?.(body);
  }
}

function cutOff(): ConnectError {
  return new ConnectError('the request was cut off', Code.Canceled);
}

/** A request of either HTTP version, or the stream that carries one. */
export type Incoming = Readable & { readonly complete?: boolean };

/**
 * Reads and drops what is left of a request that is answered early, so that a client which only reads after
 * writing gets its answer. Resolves to false when the rest is too long or too slow to wait for.
 */
export async function discardRest(request: Incoming, maxBytes: number, waitMs: number): Promise<boolean> {
  // A reader that gives the body up pauses the request after it has asked for the answer.
  await Promise.resolve();
  if (isWhole(request) || request.destroyed) return isWhole(request);
  return new Promise((resolve) => {
    let dropped = 0;
    const finish = (): void => {
      clearTimeout(timer);
      request.off('data', onData);
      request.off('end', finish);
      request.off('close', finish);
      resolve(isWhole(request));
    };
    const onData = (chunk: Uint8Array): void => {
      dropped += chunk.length;
      if (dropped > maxBytes) finish();
    };
    const timer = setTimeout(finish, waitMs);
    request.on('data', onData);
    request.on('end', finish);
    request.on('close', finish);
    request.resume();
  });
}

function isWhole(request: Incoming): boolean {
  return request.complete ?? request.readableEnded;
}

/** Grows with what really arrives, never with what a client announces. */
class GrowingBuffer {
  #buffer: Uint8Array = NOTHING;
  length = 0;

  append(chunk: Uint8Array): void {
    if (this.length === 0) {
      // Most bodies are one chunk: no copy.
      this.#buffer = chunk;
    } else {
      this.#reserve(this.length + chunk.length);
      this.#buffer.set(chunk, this.length);
    }
    this.length += chunk.length;
  }

  view(): Uint8Array {
    return this.length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.length);
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(size, this.#buffer.length * 2, 4096));
    larger.set(this.view());
    this.#buffer = larger;
  }
}
