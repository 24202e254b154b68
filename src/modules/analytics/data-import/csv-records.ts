import type { SourceRecord } from './imported.js';
import { type Line, MOST_BYTES_OF_LINE } from './lines.js';

/** Lines that one record may span by quoted line breaks. */
const MOST_LINES = 1_000;

/**
 * The records of a CSV file (RFC 4180) as objects, with the names of its first line. A quote that is never closed costs the
 * line where it was opened, and not the rest of the file.
 */
export async function* csvRecords(
  lines: AsyncIterable<Line>,
  delimiter: string,
): AsyncGenerator<SourceRecord> {
  let names: readonly string[] | undefined;
  for await (const record of wholeRecords(lines)) {
    if (record.text === undefined) {
      yield { line: record.line, error: record.error };
      continue;
    }
    const values = valuesOf(record.text, delimiter);
    if (!names) {
      names = values.map((name, index) => (index === 0 ? name.replace(/^\uFEFF/, '') : name).trim());
      continue;
    }
    if (values.length !== names.length) {
      yield {
        line: record.line,
        error: `has ${values.length} values, and the first line ${names.length} names`,
      };
      continue;
    }
    yield { line: record.line, value: new Map(names.map((name, index) => [name, values[index] ?? ''])) };
  }
}

/** Joins lines until their quotes are closed. */
async function* wholeRecords(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  let open: Line[] = [];
  let length = 0;
  let isOpen = false;
  const take = function* (next: Line): Generator<Line> {
    const waiting = [next];
    for (;;) {
      const current = waiting.shift();
      if (!current) return;
      if (current.text === undefined) {
        yield current;
        continue;
      }
      open.push(current);
      length += current.text.length;
      if (quotesIn(current.text) % 2 === 1) isOpen = !isOpen;
      if (!isOpen) {
        yield { line: open[0]?.line ?? 0, text: open.map(({ text }) => text).join('\n') };
      } else if (open.length > MOST_LINES || length > MOST_BYTES_OF_LINE) {
        yield { line: open[0]?.line ?? 0, error: 'has a quote that is not closed' };
        waiting.unshift(...open.slice(1));
      } else continue;
      open = [];
      length = 0;
      isOpen = false;
    }
  };
  for await (const line of lines) yield* take(line);
  while (open.length > 0) {
    const [first, ...rest] = open;
    yield { line: first?.line ?? 0, error: 'has a quote that is not closed' };
    open = [];
    length = 0;
    isOpen = false;
    for (const line of rest) yield* take(line);
  }
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}

function valuesOf(record: string, delimiter: string): string[] {
  const text = record.endsWith('\r') ? record.slice(0, -1) : record;
  const values: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let value = '';
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) {
          value += text.slice(at);
          at = text.length;
          break;
        }
        value += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        value += '"';
        at += 1;
      }
      const end = text.indexOf(delimiter, at);
      value += text.slice(at, end < 0 ? text.length : end);
      values.push(value);
      if (end < 0) return values;
      at = end + 1;
    } else {
      const end = text.indexOf(delimiter, at);
      values.push(text.slice(at, end < 0 ? text.length : end));
      if (end < 0) return values;
      at = end + 1;
    }
  }
}
