import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import type { FieldViolation } from '../../../platform/errors/index.js';
import {
  type FileColumns,
  isEmptyRow,
  LONGEST_CELL,
  MOST_COLUMNS,
  MOST_ROWS,
  MOST_VIOLATIONS,
  type NamedRow,
  readHeader,
  readRow,
  refuseFile,
} from './audience-file.rules.js';

/** Bytes that are parsed without a pause. */
const PIECE = 64 * 1024;
/** Characters of a row: every cell as long as it may be. */
const LONGEST_ROW = MOST_COLUMNS * (LONGEST_CELL + 3);

/**
 * The rows of a CSV file (RFC 4180, UTF-8), the header apart; throws what is wrong with all of them, the first hundred.
 * Ends between two pieces once the signal fires, with its reason.
 */
export async function readAudienceFile(file: Uint8Array, signal?: AbortSignal): Promise<NamedRow[]> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!isUtf8(bytes)) throw refusalOf([{ field: 'file', description: 'must be text in UTF-8' }]);
  const rows: NamedRow[] = [];
  const violations: FieldViolation[] = [];
  let columns: FileColumns | undefined;
  for await (const { row, cells } of recordsOf(bytes)) {
    signal?.throwIfAborted();
    if (!columns) {
      const header = readHeader(cells);
      if (Array.isArray(header)) throw refusalOf(header);
      columns = header;
      continue;
    }
    // Empty ones, too: they cost as much to read.
    if (row > MOST_ROWS + 1) throw tooManyRows();
    if (isEmptyRow(cells)) continue;
    const read = readRow(row, cells, columns);
    if (Array.isArray(read)) violations.push(...read);
    else rows.push(read);
    if (violations.length >= MOST_VIOLATIONS) break;
  }
  if (!columns) throw refusalOf([{ field: 'file', description: 'must have a header' }]);
  const refusal = refuseFile(violations);
  if (refusal) throw refusal;
  return rows;
}

function tooManyRows(): Error {
  return refusalOf([{ field: 'file', description: `must have at most ${MOST_ROWS} rows below the header` }]);
}

interface FileRecord {
  row: number;
  cells: string[];
}

async function* recordsOf(bytes: Buffer): AsyncGenerator<FileRecord> {
  const parser = Readable.from(piecesOf(bytes)).pipe(
    parse({
      bom: true,
      delimiter: delimiterOf(bytes),
      max_record_size: LONGEST_ROW,
      // The number of cells is refused by row; empty rows are rows in a spreadsheet, too.
      relax_column_count: true,
    }),
  );
  let row = 0;
  try {
    // Without the option `columns`, records are lists of cells.
    for await (const cells of parser as AsyncIterable<string[]>) yield { row: (row += 1), cells };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refusalOf([malformed(error)]);
  }
}

function malformed({ code, records }: CsvError): FieldViolation {
  const row = Number(records) + 1;
  const description =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `is longer than ${LONGEST_ROW} characters`
      : 'has a quote that is not closed, or that stands inside a cell without quotes';
  return { field: `file.rows[${row}]`, description: `row ${row}: ${description}` };
}

/** A comma, or the semicolon that spreadsheets write where the comma is the decimal point. */
function delimiterOf(bytes: Buffer): string {
  const end = bytes.indexOf('\n');
  const header = bytes.subarray(0, end < 0 ? PIECE : Math.min(end, PIECE)).toString('utf8');
  return header.includes(';') && !header.includes(',') ? ';' : ',';
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE) {
    yield bytes.subarray(start, start + PIECE);
    await setImmediate();
  }
}

function refusalOf(violations: readonly FieldViolation[]): Error {
  return refuseFile(violations) ?? new Error('Nothing is wrong with the file.');
}
