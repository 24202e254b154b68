import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { EventRow } from './event-row.js';

/** First byte of what is queued. A worker of another release reads every version that it knows. */
const ROWS_AS_ZSTD_LINES = 1;

/**
 * The fastest level: the rows of one request repeat each other, so that a higher one saves a few per cent and costs more
 * than all the rest.
 */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The rows of one request as the queue holds them: a version, then JSON lines, compressed with zstd. */
export function encodeRows(rows: readonly EventRow[]): Buffer {
  let lines = '';
  for (const row of rows) lines += `${JSON.stringify(row)}\n`;
  return Buffer.concat([Buffer.of(ROWS_AS_ZSTD_LINES), zstdCompressSync(lines, compression)]);
}

/** JSON lines, one for each row and each with its line break: what an `INSERT … FORMAT JSONEachRow` takes as it is. */
export function linesOf(queued: Uint8Array): Buffer {
  if (queued[0] !== ROWS_AS_ZSTD_LINES)
    throw new Error(`Queued events of format ${queued[0] ?? 'none'} were written by a newer release.`);
  return zstdDecompressSync(queued.subarray(1));
}

export function rowsOf(queued: Uint8Array): EventRow[] {
  return linesOf(queued)
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EventRow);
}
