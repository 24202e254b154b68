import { type DescMessage, type Message, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { Random } from './random.js';

/** The bytes of a request, whole or damaged. */
export function encode(
  schema: DescMessage,
  message: Message,
  json: boolean,
  random: Random,
  damage: boolean,
): Uint8Array {
  const bytes = json ? jsonBytes(schema, message) : toBinary(schema, message);
  if (!damage) return bytes;
  return json ? damagedJson(Buffer.from(bytes).toString(), random) : damagedBytes(bytes, random);
}

function jsonBytes(schema: DescMessage, message: Message): Uint8Array {
  try {
    return Buffer.from(toJsonString(schema, message));
  } catch {
    // Such as a time after the year 9999, which has no JSON.
    return Buffer.from('{}');
  }
}

function damagedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  switch (random.int(0, 4)) {
    case 0:
      return copy.subarray(0, random.int(0, copy.length));
    case 1:
      for (let i = random.int(1, 8); i > 0 && copy.length > 0; i -= 1)
        copy[random.int(0, copy.length - 1)] = random.int(0, 255);
      return copy;
    case 2:
      return random.bytes(random.int(1, 200));
    case 3:
      // An unknown field, which is to be ignored, or a known one for the second time.
      return Buffer.concat([copy, Buffer.from([random.pick([10, 18, 26, 250]), 3]), random.bytes(3)]);
    default:
      return Buffer.concat([copy, copy]);
  }
}

const values = [
  'null',
  '"\\ud800"',
  '"\\udc00x"',
  '"\\u0000"',
  '1e999',
  '-1e999',
  '123456789012345678901234567890',
  '"NaN"',
  'true',
  '[]',
  '{}',
  '[null]',
  '""',
  '"2026-13-45T99:99:99Z"',
  '0.5',
  '"-9223372036854775809"',
];

function damagedJson(text: string, random: Random): Uint8Array {
  switch (random.int(0, 3)) {
    case 0:
      return Buffer.from(text).subarray(0, random.int(0, text.length));
    case 1:
      return Buffer.from(
        random.pick([
          '[]',
          'null',
          '"x"',
          '[['.repeat(5_000),
          '{"a":'.repeat(5_000),
          '\ufeff{}',
          '{"a":1,"a":2}',
        ]),
      );
    default:
      // The value of some field becomes another.
      return Buffer.from(text.replace(leaf(text, random), () => `:${random.pick(values)}`));
  }
}

/** The part `:value` of some pair whose value is no object and no list. */
function leaf(text: string, random: Random): string {
  const leaves = text.match(/:("(?:[^"\\]|\\.)*"|[-\w.]+)/g) ?? [];
  return leaves.length === 0 ? '{' : random.pick(leaves);
}
