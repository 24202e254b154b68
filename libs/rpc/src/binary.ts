import { create, fromBinary, mergeFromBinary, type DescMessage, type Message } from '@bufbuild/protobuf';
import { binaryPieces } from './binary-pieces.js';
import type { ConnectError } from '@connectrpc/connect';
import { malformed } from './malformed.js';

/** What protobuf-es says of bytes that are no message, and what that means to people. */
const defects: readonly (readonly [RegExp, string])[] = [
  [/premature EOF|outside the bounds/i, 'it ends in the middle of a field'],
  [/utf-?8/i, 'a text in it is not valid UTF-8'],
  [/varint/i, 'a number in it is longer than 10 bytes'],
  [/illegal tag|wire type/i, 'a field in it has a number or a type that does not exist'],
  [/end group/i, 'a group in it begins or ends at the wrong place'],
  [/recursion depth/i, 'it is nested too deeply'],
];

/** Throws a ConnectError that says what is wrong. */
export function readBinary(schema: DescMessage, data: Uint8Array): Message {
  try {
    return fromBinary(schema, data);
  } catch (error) {
    throw unreadable(schema, error);
  }
}

/** The same for a long message, a piece at a time. */
export function* readBinaryInPieces(schema: DescMessage, data: Uint8Array): Generator<undefined, Message> {
  const message = create(schema);
  try {
    for (const piece of binaryPieces(schema, data)) {
      mergeFromBinary(schema, message, piece);
      yield;
    }
    return message;
  } catch (error) {
    throw unreadable(schema, error);
  }
}

function unreadable(schema: DescMessage, error: unknown): ConnectError {
  return malformed(schema, 'binary', binaryDefect(error instanceof Error ? error.message : String(error)));
}

export function binaryDefect(message: string): string {
  return defects.find(([pattern]) => pattern.test(message))?.[1] ?? 'it cannot be decoded';
}
