import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { csvOf, readCsv } from './csv.js';
import { jsonLinesOf, readJsonLines } from './json-lines.js';
import type { TrailLine } from './read-row.js';
import type { TrailEnd, TrailFormat, TrailRow } from './trail-row.js';

export type { TrailLine } from './read-row.js';
export type { TrailEnd, TrailFormat, TrailRow } from './trail-row.js';

/** Loaded by the first export that asks for it. */
const parquet = () => import('./parquet.js');

/** Writes a trail to a file, as the rows come. */
export async function writeTrail(
  { path, format }: { path: string; format: TrailFormat },
  rows: AsyncIterable<TrailRow>,
  end: TrailEnd,
): Promise<void> {
  if (format === 'parquet') return (await parquet()).writeParquet(path, rows, end);
  await pipeline(format === 'csv' ? csvOf(rows, end) : jsonLinesOf(rows, end), createWriteStream(path));
}

/** Reads a trail, whatever its format, line by line; of a Parquet file, row by row. */
export async function readTrail(path: string): Promise<AsyncGenerator<TrailLine>> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(4) });
    if (buffer.toString('latin1') === 'PAR1') return (await parquet()).readParquet(path);
    return buffer[0] === '{'.charCodeAt(0) ? readJsonLines(path) : readCsv(path);
  } finally {
    await file.close();
  }
}
