import {
  fromJson,
  fromJsonString,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  type Registry,
} from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import type { ConnectError } from '@connectrpc/connect';
import { malformed, wrongFields } from '../malformed.js';
import { Findings, type IgnoredField } from './findings.js';
import type { MessageChecks } from './message.js';
import { jsonPieces } from './pieces.js';

// A byte order mark is passed over, as RFC 8259 allows.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON of one message, as strictly on every path: protobuf-es alone drops enum values that it does not know,
 * once it may pass over unknown fields, and takes days that do not exist for others.
 */
export class JsonReader {
  readonly #schema: DescMessage;
  readonly #checks: MessageChecks;
  readonly #options: { registry: Registry; ignoreUnknownFields: boolean };

  constructor(schema: DescMessage, registry: Registry, checks: MessageChecks) {
    this.#schema = schema;
    this.#checks = checks;
    this.#options = { registry, ignoreUnknownFields: true };
  }

  /** Throws a ConnectError that names what is wrong. */
  read(data: Uint8Array): { message: Message; ignored: readonly IgnoredField[] } {
    const { json, findings } = this.#checked(this.#text(data));
    return { message: this.#message(json), ignored: findings.ignored };
  }

  /** The same for a long message, a piece at a time. */
  *readInPieces(
    data: Uint8Array,
  ): Generator<undefined, { message: Message; ignored: readonly IgnoredField[] }> {
    const pieces = jsonPieces(data);
    if (!pieces) return this.read(data);
    try {
      const whole = this.read(pieces.frame);
      for (const part of pieces.parts) {
        const { message, ignored } = this.read(part);
        // Where the field stands in the whole list is not known here.
        if (ignored.length > 0) return this.read(data);
        // In a map, for one, the parts cannot be put together.
        if (appendLists(this.#schema, whole.message, message) === 0) return this.read(data);
        yield;
      }
      return whole;
    } catch {
      // Reading the whole request refuses it with the indexes of the request.
      return this.read(data);
    }
  }

  /** The text that protobuf-es reads as this one is meant; for Connect, which parses requests by itself. */
  respell(data: Uint8Array): { text: string; ignored: readonly IgnoredField[] } {
    const text = this.#text(data);
    const { json, findings } = this.#checked(text);
    // What only protobuf-es finds wrong is to be said in our words here as well.
    this.#message(json);
    return { text: findings.changed ? JSON.stringify(json) : text, ignored: findings.ignored };
  }

  #message(json: JsonValue): Message {
    try {
      return fromJson(this.#schema, json, this.#options);
    } catch (error) {
      throw this.#refused(error);
    }
  }

  #text(data: Uint8Array): string {
    try {
      return utf8.decode(data);
    } catch {
      throw malformed(this.#schema, 'JSON', 'it is not valid UTF-8');
    }
  }

  #checked(text: string): { json: JsonValue; findings: Findings } {
    const findings = new Findings();
    const json = this.#checks.of(this.#schema)(this.#parsed(text), findings);
    const [first, ...others] = findings.violations;
    if (first?.field === '') throw malformed(this.#schema, 'JSON', `it ${first.description}`);
    if (first) throw wrongFields([first, ...others]);
    return { json, findings };
  }

  #parsed(text: string): JsonValue {
    try {
      const json = JSON.parse(text) as JsonValue;
      // Looks for keys that are given twice, which only protobuf-es's reading of text does, and reads nothing.
      if (typeof json === 'object') fromJsonString(EmptySchema, text, { ignoreUnknownFields: true });
      return json;
    } catch (error) {
      throw this.#refused(error);
    }
  }

  #refused(error: unknown): ConnectError {
    const message = error instanceof Error ? error.message : String(error);
    return malformed(this.#schema, 'JSON', message.replace(/^cannot decode .*? from JSON:? /, ''));
  }
}

/** Continues the lists of a message, and of the messages inside it, by those of another; returns by how many elements. */
function appendLists(schema: DescMessage, target: Message, source: Message): number {
  let appended = 0;
  for (const field of schema.fields) {
    const [old, more] = [valueOf(target, field), valueOf(source, field)];
    if (old === undefined || more === undefined) continue;
    if (field.fieldKind === 'list') {
      const elements = more as unknown[];
      (old as unknown[]).push(...elements);
      appended += elements.length;
    } else if (field.fieldKind === 'message')
      appended += appendLists(field.message, old as Message, more as Message);
  }
  return appended;
}

/** The descriptor says what the message holds; its type is known to its handler only. */
function valueOf(message: Message, { localName, oneof }: DescField): unknown {
  const values = message as unknown as Record<string, unknown>;
  if (!oneof) return values[localName];
  const chosen = values[oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}
