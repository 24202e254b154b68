import type { ConnectError } from '@connectrpc/connect';
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { respellGrpcMessage } from '../grpc-message.js';
import { HeaderFields, type Fields } from '../header-fields.js';
import { COMPRESSED, envelope, openEnvelope, type WireMessage } from './envelope.js';
import type { UnaryProtocol } from './protocol.js';
import { grpcTimeoutMs } from './timeout.js';

const NOTHING = new Uint8Array();

/** What gRPC and gRPC-Web have in common. */
export const grpcRequest = {
  encodingHeader: 'grpc-encoding',
  acceptEncodingHeader: 'grpc-accept-encoding',
  timeoutHeader: 'grpc-timeout',
  timeoutMs: grpcTimeoutMs,

  open(body: Uint8Array, requestGzip: boolean): WireMessage | undefined {
    const message = openEnvelope(body);
    return message?.compressed && !requestGzip ? undefined : message;
  },
} satisfies Partial<UnaryProtocol>;

/** Says that messages may be compressed, whether the one that follows is or not. */
export function grpcHead(contentType: string, acceptsGzip: boolean): Fields {
  return acceptsGzip
    ? { 'content-type': contentType, 'grpc-encoding': 'gzip' }
    : { 'content-type': contentType };
}

export function okTrailer(trailer: Fields | undefined): Fields {
  return { 'grpc-status': '0', ...trailer };
}

export function errorTrailer(error: ConnectError, trailer: Fields | undefined): HeaderFields {
  const result = new HeaderFields({ ...trailer });
  setTrailerStatus(result, error);
  return result;
}

/** The message in an envelope, the outcome in HTTP trailers. */
export const grpc: UnaryProtocol = {
  name: 'grpc',
  ...grpcRequest,

  head: (_json, acceptsGzip) => grpcHead('application/grpc+proto', acceptsGzip),

  answer: ({ data, compressed }, { header, trailer }) => ({
    status: 200,
    header,
    body: envelope(compressed ? COMPRESSED : 0, data),
    trailer: okTrailer(trailer),
  }),

  refuse(error, { header, trailer }) {
    const outcome = errorTrailer(error, trailer);
    respellGrpcMessage(outcome);
    return { status: 200, header, body: NOTHING, trailer: outcome.fields };
  },
};
