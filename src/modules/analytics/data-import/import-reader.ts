import type { FileMetaData } from 'hyparquet';
import { Injectable } from '@nestjs/common';
import { isLongerThan, refuseOccurTime } from '../event/index.js';
import { csvRecords } from './csv-records.js';
import { type ImportOptions, importSource, type ImportSource } from './data-import.js';
import { FileError } from './file-error.js';
import { type Imported, LineError, type SourceRecord } from './imported.js';
import { LineContext } from './line-context.js';
import { elementsOf, jsonOf, linesOf } from './lines.js';
import { ofAmplitude } from './sources/amplitude.mapper.js';
import { ofCsv } from './sources/csv.mapper.js';
import { lineOfRow, ofDovecote } from './sources/dovecote.mapper.js';
import { ofGa4 } from './sources/ga4.mapper.js';
import { ofMixpanel } from './sources/mixpanel.mapper.js';
import { ofPosthog } from './sources/posthog.mapper.js';
import { ofSegment } from './sources/segment.mapper.js';
import { type Piece, UploadedFiles } from './uploaded-file.js';

type Mapping = (value: unknown, context: LineContext) => Imported;

const mappings: Readonly<Record<ImportSource, Mapping>> = {
  [importSource.dovecoteNdjson]: ofDovecote,
  [importSource.dovecoteParquet]: ofDovecote,
  [importSource.csv]: ofCsv,
  [importSource.mixpanel]: ofMixpanel,
  [importSource.amplitude]: ofAmplitude,
  [importSource.posthog]: ofPosthog,
  [importSource.ga4]: ofGa4,
  [importSource.segment]: ofSegment,
};

/** A page of an API, as Mixpanel and PostHog answer persons and events: an object with a list in it. */
const answerOfApi = /^\{[^[{]*"results"\s*:\s*\[/;
/** Rows of a Parquet file that are read at once, and bytes that a group of them has at most. */
const PARQUET_ROWS = 5_000;
const MOST_BYTES_OF_GROUP = 256 * 1024 * 1024;

/** A part of a line that is left out, or why none of it is taken. */
interface Notice {
  readonly field: string;
  readonly description: string;
}

/** What a line came to. */
export interface ReadLine {
  readonly line: number;
  readonly imported?: Imported;
  readonly refusal?: Notice;
  readonly warnings: readonly Notice[];
}

export interface FileToRead {
  readonly orgId: string;
  readonly id: string;
  readonly pieces: readonly Piece[];
  readonly options: ImportOptions;
  /** Lines up to this one were dealt with before: they are counted only. */
  readonly after: number;
  readonly now: Date;
  readonly retentionDays: number | null;
}

/** Reads a file line by line in the way of its source, in bounded memory. */
@Injectable()
export class ImportReader {
  constructor(private readonly files: UploadedFiles) {}

  /** @throws FileError */
  async *read(file: FileToRead): AsyncGenerator<ReadLine> {
    for await (const record of await this.records(file)) {
      if (record.line <= file.after) continue;
      yield readLine(record, file);
    }
  }

  private async records({ orgId, id, pieces, options }: FileToRead): Promise<AsyncGenerator<SourceRecord>> {
    if (options.source === importSource.dovecoteParquet)
      return this.files.withCopy(orgId, id, pieces, parquetRows);
    const bytes = this.files.read(orgId, id, pieces);
    const { csv } = options;
    if (csv) return csvRecords(linesOf(bytes), csv.delimiter || ',');
    const first = await bytes.next();
    const begin = first.done === true ? Buffer.alloc(0) : first.value;
    const all = rejoined(begin, bytes);
    const text = begin
      .toString('latin1', 0, 1_024)
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .trimStart();
    if (text.startsWith('[')) return jsonOf(elementsOf(all, 2));
    if (answerOfApi.test(text)) return jsonOf(elementsOf(all, 3));
    if (options.source === importSource.posthog && text !== '' && !text.startsWith('{'))
      return csvRecords(linesOf(all), ',');
    return jsonOf(linesOf(all));
  }
}

function readLine(record: SourceRecord, { options, now, retentionDays }: FileToRead): ReadLine {
  const { line } = record;
  const warnings: Notice[] = [];
  const warn = (field: string, description: string): void => {
    if (warnings.length < 20) warnings.push({ field, description });
  };
  if (record.error !== undefined)
    return { line, refusal: { field: '', description: record.error }, warnings };
  try {
    const imported = mappings[options.source](record.value, new LineContext(options, warn));
    if (imported.type === 'event') refuseTime(imported.event.occurTime, now, retentionDays);
    return { line, imported, warnings };
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    const field = isLongerThan(error.field, 200) ? `${error.field.slice(0, 200)}…` : error.field;
    return { line, refusal: { field, description: error.message }, warnings };
  }
}

function refuseTime(occurTime: number, now: Date, retentionDays: number | null): void {
  const reason = refuseOccurTime(occurTime, now, retentionDays);
  if (reason === 'future_occur_time') throw new LineError('time', 'is more than a day ahead of now');
  if (reason !== undefined)
    throw new LineError('time', 'is before 1970, or older than the project keeps events');
}

async function* rejoined(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    // A byte order mark is no part of the first line.
    yield first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? first.subarray(3) : first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* parquetRows(path: string): AsyncGenerator<SourceRecord> {
  // Only imports of Parquet need the package: it is no part of the bundle, and of no start.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const file = await asyncBufferFromFile(path);
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch {
    throw new FileError('The file is no Parquet file, or its end is missing.');
  }
  if (metadata.row_groups.some(({ total_byte_size: bytes }) => Number(bytes) > MOST_BYTES_OF_GROUP))
    throw new FileError(`A row group of the file is larger than ${MOST_BYTES_OF_GROUP} bytes.`);
  const total = metadata.row_groups.reduce((sum, { num_rows: rows }) => sum + Number(rows), 0);
  for (let rowStart = 0; rowStart < total; rowStart += PARQUET_ROWS) {
    const rowEnd = Math.min(rowStart + PARQUET_ROWS, total);
    let rows: Record<string, unknown>[];
    try {
      rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
    } catch {
      throw new FileError(`Rows ${rowStart + 1} to ${rowEnd} of the file cannot be read.`);
    }
    for (const [index, row] of rows.entries()) yield { line: rowStart + index + 1, value: lineOfRow(row) };
  }
}
