import {
  create,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
  type JsonWriteStringOptions,
  type Message,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { readBinary, readBinaryInPieces } from '../binary.js';
import { runInPieces } from '../event-loop-yield.js';
import type { IgnoredField } from '../json/findings.js';
import type { JsonReader } from '../json/reader.js';
import { checkBinary, checkJson, type MessageBounds } from '../message-bounds.js';
import { listsOf, longListOf, serializeInPieces, type ListOfMessages } from './long-answer.js';

const encoder = new TextEncoder();
const none: readonly IgnoredField[] = [];

/** A message, and the fields that were passed over. */
export interface ParsedMessage {
  readonly message: Message;
  readonly ignored: readonly IgnoredField[];
}

/** Between the messages of one method and their bytes. */
export class UnaryCodec {
  readonly #input: DescMessage;
  readonly #output: DescMessage;
  readonly #lists: readonly ListOfMessages[];
  readonly #reader: JsonReader;

  constructor(
    { input, output }: DescMethod,
    reader: JsonReader,
    private readonly bounds: MessageBounds,
    private readonly writing: Partial<JsonWriteStringOptions>,
  ) {
    this.#input = input;
    this.#output = output;
    this.#lists = listsOf(output);
    this.#reader = reader;
  }

  /** Throws a ConnectError when the bytes are no such message. */
  parse(data: Uint8Array, json: boolean): ParsedMessage {
    if (json) {
      checkJson(data, this.bounds);
      return this.#reader.read(data);
    }
    checkBinary(data, this.#input, this.bounds);
    return { message: readBinary(this.#input, data), ignored: none };
  }

  /** The same for a message of many bytes, with pauses for the event loop. */
  async parseInPieces(data: Uint8Array, json: boolean): Promise<ParsedMessage> {
    if (json) {
      checkJson(data, this.bounds);
      return runInPieces(this.#reader.readInPieces(data));
    }
    checkBinary(data, this.#input, this.bounds);
    return { message: await runInPieces(readBinaryInPieces(this.#input, data)), ignored: none };
  }

  /**
   * A promise when the answer is so long that it is serialized in pieces. Throws, or rejects with, a ConnectError when a
   * field holds what its type cannot.
   */
  serialize(answer: object, json: boolean): Uint8Array | Promise<Uint8Array> {
    const list = longListOf(this.#lists, answer);
    if (!list) return this.#serializeAtOnce(answer, json);
    return serializeInPieces(this.#output, list, answer, json ? this.writing : undefined).catch(
      (error: unknown) => {
        throw unserializable(error, json);
      },
    );
  }

  #serializeAtOnce(answer: object, json: boolean): Uint8Array {
    // The descriptor is met at run time: no type can say what fits it, so it is create that checks.
    const message = create(this.#output, answer as MessageInitShape<DescMessage>);
    try {
      return json
        ? encoder.encode(toJsonString(this.#output, message, this.writing))
        : toBinary(this.#output, message);
    } catch (error) {
      throw unserializable(error, json);
    }
  }
}

function unserializable(error: unknown, json: boolean): ConnectError {
  const cause = error instanceof Error ? error.message : String(error);
  return new ConnectError(json ? cause : `serialize binary: ${cause}`, Code.Internal, undefined, [], error);
}
