import {
  create,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  type Registry,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { readBinary } from '../binary.js';
import type { IgnoredField } from '../json/findings.js';
import type { JsonReader } from '../json/reader.js';
import { checkBinary, checkJson, type MessageBounds } from '../message-bounds.js';

const encoder = new TextEncoder();
const none: readonly IgnoredField[] = [];

/** Between the messages of one method and their bytes. */
export class UnaryCodec {
  readonly #input: DescMessage;
  readonly #output: DescMessage;
  readonly #reader: JsonReader;
  readonly #registry: Registry;

  constructor(
    { input, output }: DescMethod,
    registry: Registry,
    reader: JsonReader,
    private readonly bounds: MessageBounds,
  ) {
    this.#input = input;
    this.#output = output;
    this.#reader = reader;
    this.#registry = registry;
  }

  /** Throws a ConnectError when the bytes are no such message. */
  parse(data: Uint8Array, json: boolean): { message: Message; ignored: readonly IgnoredField[] } {
    if (json) {
      checkJson(data, this.bounds);
      return this.#reader.read(data);
    }
    checkBinary(data, this.#input, this.bounds);
    return { message: readBinary(this.#input, data), ignored: none };
  }

  /** Throws a ConnectError when a field holds what its type cannot. */
  serialize(answer: object, json: boolean): Uint8Array {
    // The descriptor is met at run time: no type can say what fits it, so it is create that checks.
    const message = create(this.#output, answer as MessageInitShape<DescMessage>);
    try {
      return json
        ? encoder.encode(toJsonString(this.#output, message, { registry: this.#registry }))
        : toBinary(this.#output, message);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new ConnectError(
        json ? cause : `serialize binary: ${cause}`,
        Code.Internal,
        undefined,
        [],
        error,
      );
    }
  }
}
