import {
  create,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  type Registry,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Between the messages of one method and their bytes. */
export class UnaryCodec {
  readonly #input: DescMessage;
  readonly #output: DescMessage;
  readonly #json: { registry: Registry; ignoreUnknownFields: boolean };

  constructor({ input, output }: DescMethod, registry: Registry) {
    this.#input = input;
    this.#output = output;
    this.#json = { registry, ignoreUnknownFields: true };
  }

  /** Throws whatever protobuf does when the bytes are no such message. */
  parse(data: Uint8Array, json: boolean): Message {
    return json
      ? fromJsonString(this.#input, decoder.decode(data), this.#json)
      : fromBinary(this.#input, data);
  }

  /** Throws a ConnectError when a field holds what its type cannot. */
  serialize(answer: object, json: boolean): Uint8Array {
    // The descriptor is met at run time: no type can say what fits it, so it is create that checks.
    const message = create(this.#output, answer as MessageInitShape<DescMessage>);
    try {
      return json
        ? encoder.encode(toJsonString(this.#output, message, this.#json))
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
