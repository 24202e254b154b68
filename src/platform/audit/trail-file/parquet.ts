import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { fromEnd, parsed, toEnd, toRow, type TrailLine } from './read-row.js';
import { columnNames, columns, type TrailEnd, type TrailRow } from './trail-row.js';

/** In memory at once. */
const GROUP = 10_000;
/** Stored as metadata, not as a row, so that tools that read the file count events only. */
const endKey = 'dovecote.end_of_trail';

const types: Partial<Record<keyof typeof columns, 'INT64'>> = { seq: 'INT64' };

export async function writeParquet(
  path: string,
  rows: AsyncIterable<TrailRow>,
  end: TrailEnd,
): Promise<void> {
  await parquetWriteRows({
    writer: fileWriter(path),
    rows: recordsOf(rows),
    columns: columnNames.map((name) => ({ name, type: types[name] ?? 'STRING', nullable: false })),
    rowGroupSize: GROUP,
    kvMetadata: [{ key: endKey, value: JSON.stringify(fromEnd(end)) }],
    createdBy: 'dovecote',
  });
}

export async function* readParquet(path: string): AsyncGenerator<TrailLine> {
  const file = await asyncBufferFromFile(path);
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    yield { line: 0, unreadable: `the end of the file is missing: ${(error as Error).message}` };
    return;
  }
  let line = 0;
  try {
    for (const { num_rows: count } of metadata.row_groups) {
      const rowEnd = line + Number(count);
      for (const record of await parquetReadObjects({ file, metadata, rowStart: line, rowEnd })) {
        line += 1;
        yield toRow(line, { ...record, metadata: parsed(String(record.metadata)) });
      }
    }
  } catch (error) {
    yield { line: line + 1, unreadable: (error as Error).message };
    return;
  }
  const end = metadata.key_value_metadata?.find(({ key }) => key === endKey)?.value;
  if (end !== undefined) yield toEnd(line + 1, parsed(end));
}

async function* recordsOf(rows: AsyncIterable<TrailRow>): AsyncGenerator<Record<string, unknown>> {
  for await (const row of rows) {
    const record: Record<string, unknown> = Object.fromEntries(
      columnNames.map((name) => [name, row[columns[name]]]),
    );
    yield { ...record, seq: BigInt(row.seq), metadata: JSON.stringify(row.metadata) };
  }
}
