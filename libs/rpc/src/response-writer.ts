import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { announceTrailers } from './grpc-http1.js';
import { respellGrpcMessage } from './grpc-message.js';
import { isHttp1, nodeHeaders, setFields, type NodeResponse } from './node-http.js';

/**
 * Writes an answer and pulls its body only as fast as the client reads it.
 * Rejects when the client goes away or leaves the answer unread for too long.
 */
export async function writeResponse(
  answer: UniversalServerResponse,
  response: NodeResponse,
  idleMs: number,
): Promise<void> {
  const body = answer.body?.[Symbol.asyncIterator]();
  // Two overload sets are not callable through the union of the types.
  const output: { write(chunk: Uint8Array): boolean } = response;
  try {
    // Headers go out with the first chunk: until then a streaming handler may still set them.
    let chunk = await body?.next();
    writeHead(answer, response);
    while (chunk && !chunk.done) {
      if (isClosed(response)) throw new Error('the client went away');
      if (!output.write(chunk.value)) await drained(response, idleMs);
      chunk = await body?.next();
    }
    if (answer.trailer) {
      respellGrpcMessage(answer.trailer);
      response.addTrailers(nodeHeaders(answer.trailer));
    }
    response.end();
  } finally {
    // Lets the handler clean up; the connection does not wait for it, and its error is ignored.
    body?.return?.().catch(() => undefined);
  }
}

function writeHead(answer: UniversalServerResponse, response: NodeResponse): void {
  if (isHttp1(response)) announceTrailers(response, answer);
  setFields(response, nodeHeaders(answer.header));
  // Explicitly, even for an empty body: an implied head would end the stream and exclude trailers.
  const head: { writeHead(status: number): unknown } = response;
  head.writeHead(answer.status);
}

function isClosed(response: NodeResponse): boolean {
  return isHttp1(response)
    ? response.destroyed || response.closed
    : response.stream.destroyed || response.stream.closed;
}

function drained(response: NodeResponse, idleMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('the client does not read')), idleMs);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      response.off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onDrain = (): void => settle();
    const onClose = (): void => settle(new Error('the client went away'));
    response.once('drain', onDrain);
    response.once('close', onClose);
    if (isClosed(response)) onClose();
  });
}
