import type { ServerResponse } from 'node:http';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';

/**
 * gRPC framing over HTTP/1.1, which some clients use for http:// addresses: the status follows the body in
 * the trailers of the chunked encoding, and those have to be announced.
 */
export function announceTrailers(response: ServerResponse, answer: UniversalServerResponse): void {
  if (!answer.trailer) return;
  const names = new Set(['grpc-status', 'grpc-message', 'grpc-status-details-bin', ...answer.trailer.keys()]);
  response.setHeader('Trailer', [...names].join(', '));
}

/**
 * What the protocol layer sees as the HTTP version. It refuses streams of requests over HTTP/1.1 because
 * not every client can read while it writes; Node can answer either kind, so that is left to the client.
 */
export const PRESENTED_HTTP_VERSION = '2.0';
