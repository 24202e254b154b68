import {
  fromJson,
  fromJsonString,
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
