import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline as pipelineOf, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { Exception } from '../exception.js';

/** The body, decompressed. */
export function openBody(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return message;
  const decompress = decompressors.get(encoding);
  if (decompress === undefined) {
    throw new Exception(48, 'NOT_IMPLEMENTED', `Content-Encoding ${encoding} is not supported.`);
  }
  const body = decompress();
  // Not pipe(): a client that hangs up has to end the body as well.
  pipelineOf(message, body, () => undefined);
  return body;
}

const decompressors: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Reads until the end, or until there are at least so many bytes; the rest stays in the stream. */
export async function readHead(body: Readable, bytes: number): Promise<{ head: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) return { head: Buffer.concat(chunks), isWhole: false };
  }
  return { head: Buffer.concat(chunks), isWhole: true };
}

/** Reads all of it; rejects with QUERY_IS_TOO_LARGE beyond the limit. */
export async function readAll(head: Buffer, body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(head, body, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes the head and the rest of the body to a file; returns the number of bytes. */
export async function spool(head: Buffer, body: Readable, maxBytes: number, file: string): Promise<number> {
  const out = createWriteStream(file, { mode: 0o600, flags: 'wx' });
  await pipeline(Readable.from(limited(head, body, maxBytes)), out);
  return out.bytesWritten;
}

async function* chunksOf(head: Buffer, body: Readable): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* body as AsyncIterable<Buffer>;
}

async function* limited(head: Buffer, body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunksOf(head, body)) {
    length += chunk.length;
    if (length > maxBytes) {
      const message = `The body has more than ${maxBytes} bytes; send the rows in several statements.`;
      throw new Exception(229, 'QUERY_IS_TOO_LARGE', message);
    }
    yield chunk;
  }
}
