import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { csvRecord } from '../../text/index.js';
import { fromEnd, parsed, toEnd, toRow, type TrailLine } from './read-row.js';
import { columnNames, columns, endOfTrail, type TrailEnd, type TrailRow } from './trail-row.js';

const LONGEST_RECORD = 1_000_000;

export async function* csvOf(rows: AsyncIterable<TrailRow>, end: TrailEnd): AsyncGenerator<string> {
  yield csvRecord(columnNames);
  for await (const row of rows) {
    yield csvRecord(columnNames.map((name) => cellOf(row[columns[name]])));
  }
  const closing: Partial<Record<keyof typeof columns, string>> = {
    event_type: endOfTrail,
    metadata: JSON.stringify(fromEnd(end)),
  };
  yield csvRecord(columnNames.map((name) => closing[name] ?? ''));
}

export async function* readCsv(path: string): AsyncGenerator<TrailLine> {
  const parser = createReadStream(path).pipe(
    parse({ columns: true, max_record_size: LONGEST_RECORD, bom: true }),
  );
  // Behind the header. A record begins here, and may be several lines long.
  let line = 2;
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      yield record.event_type === endOfTrail
        ? toEnd(line, parsed(record.metadata ?? ''))
        : toRow(line, unguarded(record));
      line += 1 + Object.values(record).reduce((breaks, cell) => breaks + cell.split('\n').length - 1, 0);
    }
  } catch (error) {
    yield { line, unreadable: (error as Error).message };
  }
}

function cellOf(value: TrailRow[keyof TrailRow]): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function unguarded(record: Record<string, string>): Record<string, unknown> {
  const cells = Object.entries(record).map(([name, cell]) => [
    name,
    cell.startsWith("'") ? cell.slice(1) : cell,
  ]);
  const plain = Object.fromEntries(cells) as Record<string, string>;
  return { ...plain, metadata: parsed(plain.metadata ?? '') };
}
