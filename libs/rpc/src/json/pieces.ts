/** Bytes that are read without a pause: some milliseconds of work. */
const PIECE_BYTES = 32 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const whiteSpace: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** An object of JSON whose long list is taken out of it. */
export interface JsonPieces {
  /** The object with the list empty. */
  readonly frame: Uint8Array;
  /** Objects with nothing but a part of the list, at its place. */
  readonly parts: readonly Uint8Array[];
}

type Range = readonly [begin: number, end: number];

/**
 * Takes the first long list that stands in the object, or in objects inside it, apart. The pieces are JSON exactly when
 * the whole is; undefined when there is no such list, or when that cannot be told.
 */
export function jsonPieces(bytes: Uint8Array): JsonPieces | undefined {
  const list = findLongList(bytes);
  if (!list) return undefined;
  const { path, begin, end, cuts } = list;
  const elements = [begin - 1, ...cuts].map((cut, index): Range => [cut + 1, cuts[index] ?? end]);
  // Nothing at all between two commas would become a part without elements.
  if (elements.some((range) => isBlank(bytes, range))) return undefined;
  const opening = path.map(([from, to]) => Buffer.concat([text('{'), bytes.subarray(from, to), text(':')]));
  const closing = text(`]${'}'.repeat(path.length)}`);
  return {
    frame: Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)]),
    parts: elements.map(([from, to]) =>
      Buffer.concat([...opening, text('['), bytes.subarray(from, to), closing]),
    ),
  };
}

interface LongList {
  /** Names of the members that lead to it, with their quotes. */
  readonly path: readonly Range[];
  readonly begin: number;
  readonly end: number;
  /** Commas between elements, as far apart as a piece is long. */
  readonly cuts: readonly number[];
}

/** Only brackets, commas and texts are looked at; what is between them is read later. */
function findLongList(bytes: Uint8Array): LongList | undefined {
  // The name of the member that is being read, on each level of objects.
  const path: Range[] = [];
  let objects = 0;
  // Levels inside the list of the innermost object.
  let inList = 0;
  let begin = 0;
  let cuts: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfText(bytes, at + 1);
        if (inList === 0) path[objects - 1] = [at, end + 1];
        at = end;
        break;
      }
      case OPEN_OBJECT:
        if (inList > 0) inList += 1;
        else objects += 1;
        break;
      case CLOSE_OBJECT:
        if (inList === 1) return undefined;
        if (inList > 0) inList -= 1;
        else path.length = Math.max(0, --objects);
        break;
      case OPEN_ARRAY:
        if (objects === 0) return undefined;
        if (++inList === 1) [begin, cuts] = [at + 1, []];
        break;
      case CLOSE_ARRAY:
        if (inList === 1 && at - begin > 2 * PIECE_BYTES)
          return { path: path.slice(0, objects), begin, end: at, cuts };
        inList -= 1;
        break;
      case COMMA:
        if (inList === 1 && at - (cuts.at(-1) ?? begin) >= PIECE_BYTES) cuts.push(at);
        break;
      default:
    }
    if (inList < 0 || objects < 0) return undefined;
  }
  return undefined;
}

function endOfText(bytes: Uint8Array, begin: number): number {
  let at = begin;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function isBlank(bytes: Uint8Array, [begin, end]: Range): boolean {
  let at = begin;
  while (at < end && whiteSpace.has(bytes[at])) at += 1;
  return at === end;
}

function text(ascii: string): Uint8Array {
  return Buffer.from(ascii, 'latin1');
}
