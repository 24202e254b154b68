import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import { isObject, mismatch, type Check } from './check.js';
import { keyStep, type Findings } from './findings.js';
import { HALF_CHARACTER, isReadable } from './scalar.js';
import { isCalendarTime, isDuration } from './time.js';

/** Types whose JSON is no object with their fields; undefined for every other type. */
export function wellKnownCheck(schema: DescMessage): Check | undefined {
  return checks[schema.typeName]?.(schema);
}

function textCheck(isRight: (text: string) => boolean, expected: string): (schema: DescMessage) => Check {
  return (schema) => (json, findings) => {
    const right = typeof json === 'string' && isRight(json) && isReadable(schema, json);
    if (!right) findings.violation(expected, mismatch('string', json));
    return json;
  };
}

function wrapperCheck(schema: DescMessage): Check {
  return (json, findings) => {
    if (!isReadable(schema, json)) findings.violation('is of the wrong type');
    return json;
  };
}

const fieldMask = textCheck(() => true, 'must be names of fields in lowerCamelCase, with commas between');

const wrapped = ['Bool', 'Bytes', 'Double', 'Float', 'Int32', 'Int64', 'String', 'UInt32', 'UInt64'];

const checks: Readonly<Record<string, (schema: DescMessage) => Check>> = {
  'google.protobuf.Timestamp': textCheck(
    isCalendarTime,
    'must be a time that exists, from year 1 to 9999, written as 2026-01-31T09:30:00Z',
  ),
  'google.protobuf.Duration': textCheck(isDuration, 'must be a number of seconds with an s, as 1.5s'),
  'google.protobuf.FieldMask': fieldMask,
  'google.protobuf.Struct': () => (json, findings) => {
    if (isObject(json)) checkAnything(json, findings);
    else findings.violation('must be an object', mismatch('object', json));
    return json;
  },
  'google.protobuf.ListValue': () => (json, findings) => {
    if (Array.isArray(json)) checkAnything(json, findings);
    else findings.violation('must be a list', mismatch('array', json));
    return json;
  },
  'google.protobuf.Value': () => (json, findings) => {
    checkAnything(json, findings);
    return json;
  },
  ...Object.fromEntries(wrapped.map((name) => [`google.protobuf.${name}Value`, wrapperCheck])),
};

/** Free JSON: its texts are texts. */
function checkAnything(json: JsonValue, findings: Findings): void {
  if (typeof json === 'string' && !json.isWellFormed()) findings.violation(HALF_CHARACTER);
  if (typeof json !== 'object' || json === null) return;
  if (findings.isTooDeep) return findings.violation('is nested too deeply');
  for (const [key, value] of Object.entries(json)) {
    findings.enter(Array.isArray(json) ? Number(key) : keyStep(key));
    if (!key.isWellFormed()) findings.violation(HALF_CHARACTER);
    checkAnything(value, findings);
    findings.leave();
    if (findings.isFull) return;
  }
}
