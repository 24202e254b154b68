import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalHandlerFn, UniversalServerRequest } from '@connectrpc/connect/protocol';

const GRPC_WEB = /^application\/grpc-web/i;
const TEXT = /^application\/grpc-web-text/i;

export function isGrpcWebText(contentType: string): boolean {
  return TEXT.test(contentType);
}

/** Bytes that a base64 body of a message of this size may take. */
export function base64Bytes(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 16;
}

/**
 * Serves gRPC-Web text with a handler for binary gRPC-Web: base64 around both bodies. `maxBytes` of base64 are read
 * whole; what is longer arrives cut.
 */
export function grpcWebText(handler: UniversalHandlerFn, maxBytes: number): UniversalHandlerFn {
  return async (request) => {
    const header = new Headers(request.header);
    header.set('content-type', rename(header, TEXT, 'application/grpc-web'));
    const answer = await handler({ ...request, header, body: decoded(request, maxBytes) });
    const answerHeader = new Headers(answer.header);
    // What is no call is refused in JSON.
    if (!GRPC_WEB.test(answerHeader.get('content-type') ?? '')) return answer;
    answerHeader.set('content-type', rename(answerHeader, GRPC_WEB, 'application/grpc-web-text'));
    return { ...answer, header: answerHeader, body: answer.body && encoded(answer.body) };
  };
}

function rename(header: Headers, from: RegExp, to: string): string {
  return (header.get('content-type') ?? '').replace(from, to);
}

async function* decoded({ body }: UniversalServerRequest, maxBytes: number): AsyncIterable<Uint8Array> {
  const decoder = new Base64Decoder();
  let received = 0;
  // The transport always passes a byte stream; parsed JSON bodies come from web frameworks only.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    received += chunk.length;
    yield decoder.decode(chunk);
  }
  // The handler refuses a body over the limit for its size; that it was cut within a group is not the client's mistake.
  if (received <= maxBytes) decoder.end();
}

/** Every chunk ends on a message or trailer boundary, and a client must be able to read it at once: pad each. */
async function* encoded(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of body) yield Buffer.from(Buffer.from(chunk).toString('base64'), 'latin1');
}

/** Decodes a stream of base64 groups, each segment of which may be padded. */
export class Base64Decoder {
  #rest = '';

  decode(chunk: Uint8Array): Uint8Array {
    const text = this.#rest + Buffer.from(chunk).toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    return decodeGroups(text.slice(0, whole));
  }

  end(): void {
    if (this.#rest.length > 0) throw malformed();
  }
}

/** Runs of base64, each perhaps padded; written so that there is one way to match and none to backtrack. */
const BASE64 = /^[A-Za-z0-9+/]*(?:={1,2}[A-Za-z0-9+/]+)*={0,2}$/;

function decodeGroups(text: string): Uint8Array {
  if (!BASE64.test(text)) throw malformed();
  const segments = text.match(/[^=]+=*/g) ?? [];
  // Padding completes a group of four, so each segment is whole on its own.
  if (segments.some((segment) => segment.length % 4 !== 0)) throw malformed();
  return Buffer.concat(segments.map((segment) => Buffer.from(segment, 'base64')));
}

function malformed(): ConnectError {
  return new ConnectError('the request body is not valid base64', Code.InvalidArgument);
}
