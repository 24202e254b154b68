import type { DescField, DescMessage } from '@bufbuild/protobuf';

/** Bytes that are read without a pause: some milliseconds of work. */
const PIECE_BYTES = 32 * 1024;

const Wire = { varint: 0, fixed64: 1, sized: 2, fixed32: 5 } as const;

/**
 * A message in pieces, each of them a message. Protobuf merges what is read one after the other: lists are continued, and
 * so are messages inside. Where the bytes are no message, the rest is the last piece: reading it says what is wrong.
 */
export function* binaryPieces(schema: DescMessage, bytes: Uint8Array): Generator<Uint8Array> {
  let begin = 0;
  for (let at = 0; at < bytes.length;) {
    const field = readField(bytes, at);
    if (!field || field.end > bytes.length) break;
    const inner = field.end - field.content > 2 * PIECE_BYTES ? innerSchema(schema, field.number) : undefined;
    if (inner) {
      if (at > begin) yield bytes.subarray(begin, at);
      const tag = bytes.subarray(at, field.afterTag);
      for (const piece of binaryPieces(inner, bytes.subarray(field.content, field.end)))
        yield Buffer.concat([tag, varint(piece.length), piece]);
      begin = field.end;
    } else if (field.end - begin >= PIECE_BYTES) {
      yield bytes.subarray(begin, field.end);
      begin = field.end;
    }
    at = field.end;
  }
  if (begin < bytes.length) yield bytes.subarray(begin);
}

/** The type of a field that is one message; the elements of a list are fields each. */
function innerSchema(schema: DescMessage, number: number): DescMessage | undefined {
  const field: DescField | undefined = schema.fields.find((known) => known.number === number);
  return field?.fieldKind === 'message' && !field.delimitedEncoding ? field.message : undefined;
}

interface RawField {
  number: number;
  afterTag: number;
  /** Where the value begins; of a value with a length, behind the length. */
  content: number;
  end: number;
}

/** Undefined for a group, and for what is no field. */
function readField(bytes: Uint8Array, at: number): RawField | undefined {
  const tag = readVarint(bytes, at);
  if (!tag) return undefined;
  const number = tag.value >>> 3;
  const value = readVarint(bytes, tag.end);
  const field = (content: number, end: number) => ({ number, afterTag: tag.end, content, end });
  switch (tag.value & 7) {
    case Wire.varint:
      return value && field(tag.end, value.end);
    case Wire.fixed64:
      return field(tag.end, tag.end + 8);
    case Wire.fixed32:
      return field(tag.end, tag.end + 4);
    case Wire.sized:
      return value && field(value.end, value.end + value.value);
    default:
      return undefined;
  }
}

/** Exact up to 32 bits, which tags and lengths are. */
function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    if (index < 5) value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}

function varint(value: number): Uint8Array {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.from([...bytes, rest]);
}
