import type { ConnectError } from '@connectrpc/connect';
import { mergeNonProtocolHeaders } from '@connectrpc/connect/protocol';
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect';
import { HeaderFields } from '../header-fields.js';
import type { Answer, Reply, UnaryProtocol } from './protocol.js';
import { connectTimeoutMs } from './timeout.js';

/** The message is the body, trailers are header fields with a prefix, errors are JSON under an HTTP status. */
export const connect: UnaryProtocol = {
  name: 'connect',
  encodingHeader: 'content-encoding',
  acceptEncodingHeader: 'accept-encoding',
  timeoutHeader: 'connect-timeout-ms',
  timeoutMs: connectTimeoutMs,

  open: (body, requestGzip) => ({ data: body, compressed: requestGzip }),

  head: (json) => ({ 'content-type': json ? 'application/json' : 'application/proto' }),

  answer({ data, compressed }, reply) {
    if (compressed) reply.header['content-encoding'] = 'gzip';
    return whole(200, data, reply);
  },

  refuse(error: ConnectError, reply) {
    const header = new HeaderFields(reply.header);
    header.set('content-type', 'application/json');
    mergeNonProtocolHeaders(header, error.metadata);
    return whole(codeToHttpStatus(error.code), reply.errorBytes(error), reply);
  },
};

function whole(status: number, body: Uint8Array, { header, trailer }: Reply): Answer {
  if (trailer) {
    const target = new HeaderFields(header);
    for (const [name, value] of new HeaderFields(trailer)) target.append(`trailer-${name}`, value);
  }
  header['content-length'] = String(body.length);
  return { status, header, body };
}
