import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import type { Outcome } from '../engine/engine.js';
import { type Exception, exceptionOf, exceptionText, statusOf } from '../exception.js';
import { contentTypeOf } from './content-type.js';
import { exceptionFrame, newExceptionTag } from './exception-frame.js';

export interface AnswerContext {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** The engine's version, for the texts of exceptions. */
  readonly version: string;
  /** Whether the client asks for a compressed answer. */
  readonly isCompressed: boolean;
}

type Counters = Omit<Outcome, 'bytes'>;

const noCounters: Counters = { elapsed: 0, rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 };

const compressors: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGzip],
  ['zstd', createZstdCompress],
  ['br', createBrotliCompress],
  ['deflate', createDeflate],
]);

export function answerException(context: Omit<AnswerContext, 'isCompressed'>, exception: Exception): void {
  const { message, response, version } = context;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.statusCode = statusOf(exception.code);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('X-ClickHouse-Exception-Code', exception.code);
  // What remains of a body would be taken for the next request.
  if (!message.complete) response.setHeader('Connection', 'close');
  response.end(exceptionText(exception, version));
  message.resume();
}

/** A result in one piece, with the counters of its statement. */
export async function answerWhole(context: AnswerContext, format: string, outcome: Outcome): Promise<void> {
  describe(context, format, { ...outcome, resultBytes: outcome.bytes.length });
  await send(context, Readable.from(outcome.bytes.length === 0 ? [] : [outcome.bytes]), outcome.bytes.length);
}

/** A result that the engine has written to a file. */
export async function answerFile(
  context: AnswerContext,
  format: string,
  { file, ...outcome }: Outcome & { readonly file: string },
): Promise<void> {
  const { size } = await stat(file);
  describe(context, format, { ...outcome, resultBytes: size });
  await send(context, createReadStream(file), size);
}

/** A result as it comes. The first piece is awaited before the headers: a statement that fails at once has a status. */
export async function answerStream(
  context: AnswerContext,
  format: string,
  pieces: AsyncGenerator<Buffer, void>,
): Promise<void> {
  const first = await pieces.next();
  const tag = newExceptionTag();
  describe(context, format, { ...noCounters, resultBytes: 0 });
  context.response.setHeader('X-ClickHouse-Exception-Tag', tag);
  if (first.done === true) await send(context, Readable.from([]), 0);
  else await send(context, Readable.from(framed(first.value, pieces, { tag, version: context.version })));
}

async function* framed(
  first: Buffer,
  rest: AsyncGenerator<Buffer, void>,
  { tag, version }: { readonly tag: string; readonly version: string },
): AsyncGenerator<Buffer, void> {
  try {
    yield first;
    yield* rest;
  } catch (error) {
    yield Buffer.from(exceptionFrame(tag, exceptionText(exceptionOf(error), version)));
  } finally {
    await rest.return();
  }
}

function describe(
  { response }: AnswerContext,
  format: string,
  counters: Counters & { readonly resultBytes: number },
): void {
  response.setHeader('Content-Type', contentTypeOf(format));
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summaryOf(counters)));
}

/** Without a length the answer is chunked. */
async function send(context: AnswerContext, body: Readable, length?: number): Promise<void> {
  const { message, response, isCompressed } = context;
  const encoding = isCompressed && length !== 0 ? encodingOf(message) : undefined;
  if (encoding !== undefined) {
    response.setHeader('Content-Encoding', encoding);
    await pipeline(body, compressors.get(encoding)!(), response);
    return;
  }
  if (length !== undefined) response.setHeader('Content-Length', length);
  await pipeline(body, response);
}

function encodingOf({ headers }: IncomingMessage): string | undefined {
  const accepted = String(headers['accept-encoding'] ?? '').split(',');
  return accepted.map((one) => one.split(';')[0]!.trim()).find((one) => compressors.has(one));
}

/** Counters as decimal strings, as a ClickHouse server sends them. */
function summaryOf(counters: Counters & { readonly resultBytes: number }): Record<string, string> {
  return {
    read_rows: String(counters.rowsRead),
    read_bytes: String(counters.bytesRead),
    written_rows: String(counters.rowsWritten),
    written_bytes: String(counters.bytesWritten),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(counters.resultBytes),
    elapsed_ns: String(Math.round(counters.elapsed * 1e9)),
  };
}
