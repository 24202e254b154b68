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

class Search {
  readonly violations: FieldViolation[] = [];
  readonly #path: string[] = [];

  message(schema: DescMessage, message: Message): void {
    // The descriptor says what the message holds; its type is known to its handler only.
    const values = message as unknown as Readonly<Record<string, unknown>>;
    for (const field of schema.fields) {
      const value = field.oneof ? chosen(values[field.oneof.localName], field) : values[field.localName];
      if (value !== undefined) this.#inside(`.${field.name}`, () => this.#field(field, value));
    }
  }

  #field(field: DescField, value: unknown): void {
    if (field.fieldKind === 'list') {
      if (!canBeWrong(field)) return;
      for (const [index, element] of (value as unknown[]).entries()) {
        this.#inside(`[${index}]`, () => this.#value(field, element));
      }
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

function canBeWrong({ scalar, message }: DescField): boolean {
  return scalar === ScalarType.STRING || message !== undefined;
}

function chosen(oneof: unknown, { localName }: DescField): unknown {
  const { case: name, value } = oneof as { case?: string; value?: unknown };
  return name === localName ? value : undefined;
}
