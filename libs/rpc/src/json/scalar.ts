import { fromJson, ScalarType, type DescMessage, type JsonValue } from '@bufbuild/protobuf';
import {
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  StringValueSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
} from '@bufbuild/protobuf/wkt';

import type { JsonType } from './check.js';

interface ScalarRule {
  /** A message around such a value: protobuf-es itself says what it may be. */
  readonly wrapper: DescMessage;
  readonly expected: string;
}

const integer = 'must be a whole number';
const int32: ScalarRule = { wrapper: Int32ValueSchema, expected: `${integer} of 32 bits` };
const uint32: ScalarRule = { wrapper: UInt32ValueSchema, expected: `${integer} from 0, of 32 bits` };
const int64: ScalarRule = {
  wrapper: Int64ValueSchema,
  expected: `${integer} of 64 bits, or one in a string`,
};
const uint64: ScalarRule = {
  wrapper: UInt64ValueSchema,
  expected: `${integer} from 0, of 64 bits, or one in a string`,
};

const rules: Record<ScalarType, ScalarRule> = {
  [ScalarType.DOUBLE]: { wrapper: DoubleValueSchema, expected: 'must be a number' },
  [ScalarType.FLOAT]: { wrapper: FloatValueSchema, expected: 'must be a number that 32 bits hold' },
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.BOOL]: { wrapper: BoolValueSchema, expected: 'must be true or false' },
  [ScalarType.STRING]: { wrapper: StringValueSchema, expected: 'must be a string' },
  [ScalarType.BYTES]: { wrapper: BytesValueSchema, expected: 'must be a string in base64' },
};

export const HALF_CHARACTER = 'must be well-formed Unicode: half of a surrogate pair stands alone';

/** What JSON writes values of this type as; numbers in a string are read, too. */
export function jsonTypeOf(type: ScalarType): JsonType {
  if (type === ScalarType.BOOL) return 'boolean';
  return type === ScalarType.STRING || type === ScalarType.BYTES ? 'string' : 'number';
}

/** What is wrong with a value of this type; undefined if nothing is. */
export function scalarDefect(type: ScalarType, json: JsonValue): string | undefined {
  if (typeof json === 'string' && type === ScalarType.STRING) {
    return json.isWellFormed() ? undefined : HALF_CHARACTER;
  }
  const { wrapper, expected } = rules[type];
  return json !== null && isReadable(wrapper, json) ? undefined : expected;
}

export function isReadable(schema: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(schema, json);
    return true;
  } catch {
    return false;
  }
}
