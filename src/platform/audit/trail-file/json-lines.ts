import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fromEnd, parsed, toEnd, toRow, type TrailLine } from './read-row.js';
import { columnNames, columns, type TrailEnd, type TrailRow } from './trail-row.js';

export async function* jsonLinesOf(rows: AsyncIterable<TrailRow>, end: TrailEnd): AsyncGenerator<string> {
  for await (const row of rows) {
    yield `${JSON.stringify(Object.fromEntries(columnNames.map((name) => [name, row[columns[name]]])))}\n`;
  }
  yield `${JSON.stringify({ end_of_trail: fromEnd(end) })}\n`;
}

export async function* readJsonLines(path: string): AsyncGenerator<TrailLine> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line += 1;
    const value = parsed(text);
    yield isEnd(value) ? toEnd(line, value.end_of_trail) : toRow(line, value);
  }
}

function isEnd(value: unknown): value is { end_of_trail: unknown } {
  return typeof value === 'object' && value !== null && 'end_of_trail' in value;
}
