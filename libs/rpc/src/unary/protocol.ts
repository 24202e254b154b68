import type { ConnectError } from '@connectrpc/connect';
import type { RpcProtocol } from '../call.js';
import type { Fields } from '../header-fields.js';
import type { WireMessage } from './envelope.js';

/** A whole response. */
export interface Answer {
  readonly status: number;
  readonly header: Fields;
  readonly body: Uint8Array;
  /** HTTP trailers. */
  readonly trailer?: Fields;
}

/** The fields that a handler set, in a header that began as the protocol's `head`. */
export interface Reply {
  readonly header: Fields;
  readonly trailer: Fields | undefined;
  /** How Connect writes an error. */
  errorBytes(error: ConnectError): Uint8Array;
}

/** How a unary call looks on the wire in one protocol. */
export interface UnaryProtocol {
  readonly name: RpcProtocol;
  readonly encodingHeader: string;
  readonly acceptEncodingHeader: string;
  readonly timeoutHeader: string;
  /** Undefined if the value is no timeout. */
  timeoutMs(value: string): number | undefined;
  /** The message that a body is; undefined if it is not exactly one. */
  open(body: Uint8Array, requestGzip: boolean): WireMessage | undefined;
  /** The fields that the header of a response begins with. */
  head(json: boolean, acceptsGzip: boolean): Fields;
  answer(message: WireMessage, reply: Reply): Answer;
  refuse(error: ConnectError, reply: Reply): Answer;
}
