import type { IncomingHttpHeaders } from 'node:http';
import type { Peer } from '../call.js';
import type { Body, BodyLimits, StopReading } from '../request-body.js';
import type { Answer } from './protocol.js';

/** One request with a whole body and its answer, on either version of HTTP. */
export interface Exchange {
  readonly header: IncomingHttpHeaders;
  readonly url: string;
  readonly peer: Peer;
  read(limits: BodyLimits, done: (body: Body) => void): StopReading;
  /** When it is over; before the answer that means that the client went away. */
  onClose(listener: () => void): void;
  /** Throws when the answer cannot be put on the wire. */
  send(answer: Answer): void;
  abandon(): void;
}
