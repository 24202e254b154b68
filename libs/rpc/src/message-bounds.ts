import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { wrongFields } from './malformed.js';

/** What a message may consist of, checked on its bytes: parsing allocates for every value, and recurses. */
export interface MessageBounds {
  /** Levels of messages, objects and arrays inside each other. */
  readonly depth: number;
  /** Fields, elements of lists and maps, objects and arrays together. */
  readonly elements: number;
  /** Members of one object of JSON: reading names takes many times what reading the elements of a list takes. */
  readonly members: number;
  /** Bound of a list whose elements cost more than their bytes show. Absent: no list is bounded by itself. */
  readonly list?: ListBound;
}

export interface ListBound {
  /** The name of the field, which is the same in JSON. */
  readonly field: string;
  readonly items: number;
}

/** Digits in a row of a number in JSON: no number that a message can hold needs more. */
const LONGEST_NUMBER = 400;

/** Level of a list that is a field of the message. */
const LIST_DEPTH = 2;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Throws if the JSON exceeds the bounds. Syntax errors are left to the parser, which stops at the first one.
 */
export function checkJson(bytes: Uint8Array, bounds: MessageBounds): void {
  let depth = 0;
  let elements = 0;
  let digits = 0;
  let items = 0;
  let inList = false;
  // Counts the members of each open object; for lists the count starts so low that it never reaches the
  // bound.
  const members = new Float64Array(bounds.depth + 1);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (isDigit(byte)) {
      if (++digits > LONGEST_NUMBER) throw tooLong();
      continue;
    }
    digits = 0;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
    } else if (byte === COMMA || byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++elements > bounds.elements) throw tooMany(bounds);
      if (byte === COMMA) {
        if (++members[depth]! > bounds.members) throw tooWide(bounds);
        if (inList && depth === LIST_DEPTH) items = countItem(items, bounds.list);
      } else {
        if (++depth > bounds.depth) throw tooDeep(bounds);
        members[depth] = byte === OPEN_OBJECT ? 1 : -Infinity;
        if (depth === LIST_DEPTH) {
          inList = byte === OPEN_ARRAY;
          if (inList) items = countItem(items, bounds.list);
        }
      }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth--;
    }
  }
}

/** Counts an element of the list: of all lists at its place, so that its name can be spelled and repeated in any way. */
function countItem(items: number, list: ListBound | undefined): number {
  if (list && items >= list.items) throw tooLongList(list);
  return items + 1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function endOfString(bytes: Uint8Array, begin: number): number {
  let at = begin;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** The same for a binary message: known fields are followed by their types, unknown ones counted. */
export function checkBinary(bytes: Uint8Array, schema: DescMessage, bounds: MessageBounds): void {
  const list = schema.fields.find(({ name }) => name === bounds.list?.field);
  new BinaryScan(bytes, bounds, list?.number).message(fieldsOf(schema), bytes.length, 1);
}

/** The content of a length-delimited field; undefined for text, bytes and unknown fields. */
type Content = { readonly message: Fields } | { readonly packedBytes: 'varint' | 4 | 8 } | undefined;
type Fields = ReadonlyMap<number, () => Content>;

const Wire = { varint: 0, fixed64: 1, sized: 2, groupBegin: 3, groupEnd: 4, fixed32: 5 } as const;
const NO_FIELDS: Fields = new Map();

/** Stops without a word where the bytes are no message: that is the parser's to say. */
class BinaryScan {
  #at = 0;
  #elements = 0;
  #items = 0;
  #broken = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly bounds: MessageBounds,
    private readonly list: number | undefined,
  ) {}

  message(fields: Fields, end: number, depth: number): void {
    if (depth > this.bounds.depth) throw tooDeep(this.bounds);
    while (this.#at < end && !this.#broken) {
      const tag = this.#varint();
      this.#count(1);
      if (depth === 1 && tag >>> 3 === this.list) this.#items = countItem(this.#items, this.bounds.list);
      const wire = tag & 7;
      if (wire === Wire.varint) this.#varint();
      else if (wire === Wire.fixed64) this.#at += 8;
      else if (wire === Wire.fixed32) this.#at += 4;
      else if (wire === Wire.sized) this.#sized(fields.get(tag >>> 3)?.(), end, depth);
      else if (wire === Wire.groupBegin) this.message(NO_FIELDS, end, depth + 1);
      else return;
    }
  }

  #sized(content: Content, end: number, depth: number): void {
    const next = this.#varint() + this.#at;
    if (next > end) this.#broken = true;
    else if (content && 'message' in content) this.message(content.message, next, depth + 1);
    else if (content) this.#packed(content.packedBytes, next);
    if (!this.#broken) this.#at = next;
  }

  #packed(size: 'varint' | 4 | 8, end: number): void {
    if (size !== 'varint') return this.#count((end - this.#at) / size);
    // The last byte of each number has no continuation bit.
    while (this.#at < end) if (this.bytes[this.#at++]! < 0x80) this.#count(1);
  }

  /** Exact up to 32 bits, which lengths and tags are. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) break;
      if (shift < 28) value |= (byte & 0x7f) << shift;
      else if (shift === 28) value += (byte & 0x0f) * 2 ** 28;
      if (byte < 0x80) return value;
    }
    this.#broken = true;
    return 0;
  }

  #count(elements: number): void {
    this.#elements += elements;
    if (this.#elements > this.bounds.elements) throw tooMany(this.bounds);
  }
}

const known = new WeakMap<DescMessage, Fields>();

function fieldsOf(schema: DescMessage): Fields {
  const found = known.get(schema);
  if (found) return found;
  const fields = new Map(schema.fields.map((field) => [field.number, contentOf(field)]));
  known.set(schema, fields);
  return fields;
}

/** Looked up when it is met: a message may contain itself. */
function contentOf(field: DescField): () => Content {
  if (field.fieldKind === 'map') {
    const value = field.mapKind === 'message' ? field.message : undefined;
    const entry = new Map([[2, () => value && { message: fieldsOf(value) }]]);
    return () => ({ message: entry });
  }
  const { message } = field;
  if (message) return () => ({ message: fieldsOf(message) });
  if (field.fieldKind !== 'list') return () => undefined;
  const packedBytes = field.listKind === 'enum' ? 'varint' : packedBytesOf(field.scalar);
  return () => packedBytes && { packedBytes };
}

function packedBytesOf(type: ScalarType | undefined): 'varint' | 4 | 8 | undefined {
  switch (type) {
    case undefined:
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return undefined;
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return 4;
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return 8;
    default:
      return 'varint';
  }
}

function tooDeep({ depth }: MessageBounds): ConnectError {
  return new ConnectError(`the message is nested deeper than ${depth} levels`, Code.InvalidArgument);
}

function tooWide({ members }: MessageBounds): ConnectError {
  return new ConnectError(
    `an object in the message has more than ${members} members`,
    Code.ResourceExhausted,
  );
}

function tooLongList({ field, items }: ListBound): ConnectError {
  const description = `must contain no more than ${items} item(s)`;
  return wrongFields([{ field, protoField: field, description, mismatch: undefined }]);
}

function tooLong(): ConnectError {
  return new ConnectError(
    `a number of the message has more than ${LONGEST_NUMBER} digits`,
    Code.InvalidArgument,
  );
}

function tooMany({ elements }: MessageBounds): ConnectError {
  return new ConnectError(
    `the message has more than ${elements} fields and elements`,
    Code.ResourceExhausted,
  );
}
