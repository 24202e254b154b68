import { type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { type Timestamp, StructSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { FieldViolation } from '../errors/index.js';

// From year 1 to the end of 9999: what protobuf means by a Timestamp, and JSON can write.
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const MOST_NANOS = 999_999_999;
const MOST_VIOLATIONS = 100;

const NUL = 'must not contain NUL characters';
const NO_TIME = 'must be a time that exists, from year 1 to 9999';

/** What no column holds and no rule of a proto needs to repeat: NUL characters, and times that do not exist. */
export function unstorable(schema: DescMessage, message: Message): FieldViolation[] {
  const search = new Search();
  search.message(schema, message);
  return search.violations;
}

/** The same for a long message, a piece at a time. */
export function* unstorableInPieces(
  schema: DescMessage,
  message: Message,
): Generator<undefined, FieldViolation[]> {
  const search = new Search();
  for (const look of search.pieces(schema, message)) {
    look();
    yield;
  }
  return search.violations;
}

/** Elements that are looked at without a pause. */
const PIECE = 500;

class Search {
  readonly violations: FieldViolation[] = [];
  readonly #path: string[] = [];

  message(schema: DescMessage, message: Message): void {
    for (const [field, value] of fieldsOf(schema, message))
      this.#inside(`.${field.name}`, () => this.#field(field, value));
  }

  /** The same as functions to call one after the other: long lists, also those of messages inside, are divided. */
  *pieces(schema: DescMessage, message: Message): Generator<() => void> {
    for (const [field, value] of fieldsOf(schema, message)) {
      this.#path.push(`.${field.name}`);
      if (field.fieldKind === 'list' && canBeWrong(field)) {
        const elements = value as unknown[];
        for (let start = 0; start < elements.length; start += PIECE)
          yield () => this.#elements(field, elements.slice(start, start + PIECE), start);
      } else if (isPlainMessage(field)) yield* this.pieces(field.message, value as Message);
      else yield () => this.#field(field, value);
      this.#path.pop();
    }
  }

  #elements(field: DescField, elements: readonly unknown[], start: number): void {
    for (const [index, element] of elements.entries())
      this.#inside(`[${start + index}]`, () => this.#value(field, element));
  }

  #field(field: DescField, value: unknown): void {
    if (field.fieldKind === 'list') {
      if (canBeWrong(field)) this.#elements(field, value as unknown[], 0);
    } else if (field.fieldKind === 'map') {
      for (const [key, element] of Object.entries(value as Record<string, unknown>)) {
        this.#inside(`[${JSON.stringify(key)}]`, () => {
          this.#text(key);
          this.#value(field, element);
        });
      }
    } else this.#value(field, value);
  }

  #value({ message }: DescField, value: unknown): void {
    if (typeof value === 'string') this.#text(value);
    else if (message?.typeName === TimestampSchema.typeName) this.#time(value as Timestamp);
    // Free-form JSON (Struct) is checked by the module that stores it.
    else if (message && message.typeName !== StructSchema.typeName && typeof value === 'object')
      this.message(message, value as Message);
  }

  #text(text: string): void {
    if (text.includes('\0')) this.#violation(NUL);
  }

  #time({ seconds, nanos }: Timestamp): void {
    const exists = seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos <= MOST_NANOS;
    if (!exists) this.#violation(NO_TIME);
  }

  #violation(description: string): void {
    if (this.violations.length < MOST_VIOLATIONS) {
      this.violations.push({ field: this.#path.join('').slice(1), description });
    }
  }

  #inside(step: string, look: () => void): void {
    this.#path.push(step);
    look();
    this.#path.pop();
  }
}

/** What the fields of a message that are set hold. */
function* fieldsOf(schema: DescMessage, message: Message): Generator<[field: DescField, value: unknown]> {
  // The descriptor says what the message holds; its type is known to its handler only.
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const field of schema.fields) {
    const value = field.oneof ? chosen(values[field.oneof.localName], field) : values[field.localName];
    if (value !== undefined) yield [field, value];
  }
}

/** A message whose fields are looked at, one after the other. */
function isPlainMessage(field: DescField): field is DescField & { message: DescMessage } {
  const name = field.fieldKind === 'message' ? field.message.typeName : undefined;
  return name !== undefined && name !== StructSchema.typeName && name !== TimestampSchema.typeName;
}

function canBeWrong({ scalar, message }: DescField): boolean {
  return scalar === ScalarType.STRING || message !== undefined;
}

function chosen(oneof: unknown, { localName }: DescField): unknown {
  const { case: name, value } = oneof as { case?: string; value?: unknown };
  return name === localName ? value : undefined;
}
