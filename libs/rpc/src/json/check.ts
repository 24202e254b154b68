import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Findings } from './findings.js';

/** Tells what is wrong with a value, and returns what is to be read in its place. */
export type Check = (json: JsonValue, findings: Findings) => JsonValue;

export type JsonType = 'array' | 'boolean' | 'null' | 'number' | 'object' | 'string';

/** `expected number, got string`; undefined where the type is right, and the value is not. */
export function mismatch(expected: JsonType, json: JsonValue): string | undefined {
  const got = typeOf(json);
  return got === expected ? undefined : `expected ${expected}, got ${got}`;
}

function typeOf(json: JsonValue): JsonType {
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'array';
  // What JSON.parse returns has no other types.
  return typeof json as 'boolean' | 'number' | 'object' | 'string';
}

export function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
