import type { SourceRecord } from './imported.js';

/** Longer lines are refused, without being held in memory. */
export const MOST_BYTES_OF_LINE = 1024 * 1024;

const LINE_BREAK = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A line of text, or why it cannot be read. */
export type Line = Omit<SourceRecord, 'value'> & { readonly text?: string };

function tooLong(): string {
  return `is longer than ${MOST_BYTES_OF_LINE} bytes`;
}

function decoded(line: number, bytes: Uint8Array): Line {
  try {
    return { line, text: decoder.decode(bytes) };
  } catch {
    return { line, error: 'is not UTF-8' };
  }
}

/** The lines of a file, without their breaks; empty ones are left out, and counted. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let line = 1;
  let pieces: Buffer[] = [];
  let bytes = 0;
  const take = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes <= MOST_BYTES_OF_LINE) pieces.push(piece);
    else pieces = [];
  };
  const ended = (): Line | undefined => {
    const length = bytes;
    const whole = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
    if (length > MOST_BYTES_OF_LINE) return { line, error: tooLong() };
    const text = decoded(line, whole ?? Buffer.alloc(0));
    return text.text?.trim() === '' ? undefined : text;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      // A file that was made to take long has a hundred million of them.
      for (; bytes === 0 && chunk[from] === LINE_BREAK; from += 1) line += 1;
      const at = chunk.indexOf(LINE_BREAK, from);
      if (at < 0) break;
      take(chunk.subarray(from, at));
      const found = ended();
      if (found) yield found;
      line += 1;
      from = at + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  const last = bytes > 0 ? ended() : undefined;
  if (last) yield last;
}

/**
 * The objects of a JSON array, by their number, whether they are on one line or on many.
 * @param level How many brackets are open in such an object: two in an array, three in the array of an object.
 */
export async function* elementsOf(chunks: AsyncIterable<Buffer>, level: number): AsyncGenerator<Line> {
  let number = 0;
  let depth = 0;
  let inText = false;
  let isEscaped = false;
  let bytes = 0;
  let pieces: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = depth >= level ? 0 : -1;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (inText) {
        if (isEscaped) isEscaped = false;
        else if (byte === 0x5c) isEscaped = true;
        else if (byte === 0x22) inText = false;
        continue;
      }
      if (byte === 0x22) inText = true;
      else if (byte === 0x5b || byte === 0x7b) {
        depth += 1;
        if (depth === level) from = at;
      } else if (byte === 0x5d || byte === 0x7d) {
        depth -= 1;
        if (depth !== level - 1) continue;
        number += 1;
        const piece = chunk.subarray(Math.max(from, 0), at + 1);
        bytes += piece.length;
        yield bytes > MOST_BYTES_OF_LINE
          ? { line: number, error: tooLong() }
          : decoded(number, Buffer.concat([...pieces, piece]));
        pieces = [];
        bytes = 0;
        from = -1;
      }
    }
    if (depth >= level && from >= 0) {
      bytes += chunk.length - from;
      if (bytes <= MOST_BYTES_OF_LINE) pieces.push(chunk.subarray(from));
      else pieces = [];
    }
  }
  if (depth > 0)
    yield { line: number + 1, error: 'the array has no end: the file is not complete, or is damaged here' };
}

/** A value for each line. */
export async function* jsonOf(lines: AsyncIterable<Line>): AsyncGenerator<SourceRecord> {
  for await (const { line, text, error } of lines) {
    if (text === undefined) {
      yield { line, error };
      continue;
    }
    let record: SourceRecord;
    try {
      record = { line, value: JSON.parse(text) as unknown };
    } catch {
      record = { line, error: 'is not JSON' };
    }
    yield record;
  }
}
