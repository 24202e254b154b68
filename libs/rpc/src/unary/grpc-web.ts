import { trailerFlag, trailerSerialize } from '@connectrpc/connect/protocol-grpc-web';
import { HeaderFields } from '../header-fields.js';
import { COMPRESSED, envelope, ENVELOPE_HEAD, writeEnvelope } from './envelope.js';
import { errorTrailer, grpcHead, grpcRequest, okTrailer } from './grpc.js';
import type { UnaryProtocol } from './protocol.js';

/** gRPC for clients that see no trailers: these are the body's last envelope. */
export const grpcWeb: UnaryProtocol = {
  name: 'grpc-web',
  ...grpcRequest,

  head: (_json, acceptsGzip) => grpcHead('application/grpc-web+proto', acceptsGzip),

  answer({ data, compressed }, { header, trailer }) {
    const outcome = trailerSerialize(new HeaderFields(okTrailer(trailer)));
    const body = Buffer.allocUnsafe(2 * ENVELOPE_HEAD + data.length + outcome.length);
    const end = writeEnvelope(body, 0, compressed ? COMPRESSED : 0, data);
    writeEnvelope(body, end, trailerFlag, outcome);
    return { status: 200, header, body };
  },

  refuse(error, { header, trailer }) {
    const outcome = trailerSerialize(errorTrailer(error, trailer));
    return { status: 200, header, body: envelope(trailerFlag, outcome) };
  },
};
