import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Findings } from './findings.js';

/** Tells what is wrong with a value, and returns what is to be read in its place. */
export type Check = (json: JsonValue, findings: Findings) => JsonValue;

export function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
