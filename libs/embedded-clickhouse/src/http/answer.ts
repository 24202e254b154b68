import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import type { Outcome } from '../engine/engine.js';
import { type Exception, exceptionText, statusOf } from '../exception.js';
import { contentTypeOf } from './content-type.js';

export interface AnswerContext {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly version: string;
}

const compressors: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGzip],
  ['zstd', createZstdCompress],
  ['br', createBrotliCompress],
  ['deflate', createDeflate],
]);

export function answerException({ message, response, version }: AnswerContext, exception: Exception): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = statusOf(exception.code);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('X-ClickHouse-Exception-Code', exception.code);
  // The rest of a body that nobody will read would be taken for the next request.
  if (!message.complete) response.setHeader('Connection', 'close');
  response.end(exceptionText(exception, version));
  message.resume();
}

export async function answer(
  { message, response }: AnswerContext,
  outcome: Outcome,
  { format, isCompressed }: { readonly format: string; readonly isCompressed: boolean },
): Promise<void> {
  response.setHeader('Content-Type', contentTypeOf(format));
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summaryOf(outcome)));
  const encoding = isCompressed ? encodingOf(message) : undefined;
  if (encoding === undefined || outcome.bytes.length === 0) {
    response.setHeader('Content-Length', outcome.bytes.length);
    response.end(outcome.bytes);
    return;
  }
  response.setHeader('Content-Encoding', encoding);
  await pipeline(Readable.from([outcome.bytes]), compressors.get(encoding)!(), response);
}

function encodingOf({ headers }: IncomingMessage): string | undefined {
  const accepted = String(headers['accept-encoding'] ?? '').split(',');
  return accepted.map((one) => one.split(';')[0]!.trim()).find((one) => compressors.has(one));
}

/** Counters as decimal strings, as a ClickHouse server sends them. */
function summaryOf(outcome: Outcome): Record<string, string> {
  return {
    read_rows: String(outcome.rowsRead),
    read_bytes: String(outcome.bytesRead),
    written_rows: String(outcome.rowsWritten),
    written_bytes: String(outcome.bytesWritten),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(outcome.bytes.length),
    elapsed_ns: String(Math.round(outcome.elapsed * 1e9)),
  };
}
