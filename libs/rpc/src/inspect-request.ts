import type { DescMethod } from '@bufbuild/protobuf';
import type { UniversalHandlerFn, UniversalServerRequest } from '@connectrpc/connect/protocol';
import { gzip } from './gzip.js';
import { checkBinary, type MessageBounds } from './message-bounds.js';
import { COMPRESSED, ENVELOPE_HEAD } from './unary/envelope.js';

/** What a method takes, in bytes and beyond. */
export interface RequestBounds extends MessageBounds {
  readonly maxBytes: number;
}

/** A second message in a unary request is refused as soon as it begins; the rest is not read. */
const MOST_MESSAGES = 2;

/**
 * Holds binary messages against the bounds before connect's handler parses them, which has no place for that; JSON is
 * checked where its text is decoded.
 */
export function inspecting(
  handler: UniversalHandlerFn,
  method: DescMethod,
  bounds: RequestBounds,
): UniversalHandlerFn {
  return (request) => handler({ ...request, body: inspected(request, method, bounds) });
}

async function* inspected(
  { header, body }: UniversalServerRequest,
  method: DescMethod,
  bounds: RequestBounds,
): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // The transport always passes a byte stream; parsed JSON bodies come from web frameworks only.
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const [first, ...others] = chunks;
  if (!first) return;
  const whole = others.length === 0 ? first : Buffer.concat(chunks);
  const type = header.get('content-type') ?? '';
  if (!/json/i.test(type)) {
    for (const { data, compressed } of messagesOf(whole, type, header)) {
      await inspect(data, compressed, method, bounds);
    }
  }
  yield whole;
}

/** Says nothing of what does not inflate: connect does. */
export async function inspect(
  data: Uint8Array,
  compressed: boolean,
  { input }: DescMethod,
  bounds: RequestBounds,
): Promise<void> {
  const message = compressed
    ? await Promise.resolve(gzip.decompress(data, bounds.maxBytes)).catch(() => undefined)
    : data;
  if (message) checkBinary(message, input, bounds);
}

function* messagesOf(
  body: Uint8Array,
  type: string,
  header: Headers,
): Generator<{ data: Uint8Array; compressed: boolean }> {
  if (!/^application\/(grpc|connect)/i.test(type)) {
    yield { data: body, compressed: header.get('content-encoding') === 'gzip' };
    return;
  }
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  for (let count = 0; count < MOST_MESSAGES && at + ENVELOPE_HEAD <= view.length; count++) {
    const end = at + ENVELOPE_HEAD + view.readUInt32BE(at + 1);
    yield { data: view.subarray(at + ENVELOPE_HEAD, end), compressed: (view[at]! & COMPRESSED) !== 0 };
    at = end;
  }
}
