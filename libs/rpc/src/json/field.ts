import {
  ScalarType,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
} from '@bufbuild/protobuf';
import { isObject, mismatch, type Check } from './check.js';
import { EnumNames } from './enum.js';
import { keyStep, type Findings } from './findings.js';
import { HALF_CHARACTER, jsonTypeOf, scalarDefect } from './scalar.js';

type MessageCheck = (schema: DescMessage) => Check;

const NULL_VALUE = 'google.protobuf.NullValue';

/** Whether null is a value of the field, and does not just leave it unset. */
export function readsNull(field: DescField): boolean {
  if (field.fieldKind === 'message') return field.message.typeName === 'google.protobuf.Value';
  return field.fieldKind === 'enum' && field.enum.typeName === NULL_VALUE;
}

/** The check of a value that is not null. */
export function fieldCheck(field: DescField, message: MessageCheck): Check {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarCheck(field.scalar);
    case 'enum':
      return enumCheck(field.enum);
    case 'message':
      return message(field.message);
    case 'list':
      return listCheck(
        field.listKind === 'scalar' ? scalarCheck(field.scalar) : elementCheck(field, message),
      );
    case 'map':
      return mapCheck(
        field.mapKey,
        field.mapKind === 'scalar' ? scalarCheck(field.scalar) : elementCheck(field, message),
      );
  }
}

/** The check of an element of a list or map, where null is not allowed. */
function elementCheck({ message, enum: values }: DescField, messageCheck: MessageCheck): Check {
  const check = message ? messageCheck(message) : enumCheck(values as DescEnum);
  if (message?.typeName === 'google.protobuf.Value' || values?.typeName === NULL_VALUE) return check;
  return (json, findings) => {
    if (json !== null) return check(json, findings);
    findings.violation('must not be null');
    return json;
  };
}

function scalarCheck(type: ScalarType): Check {
  return (json, findings) => {
    const defect = scalarDefect(type, json);
    if (defect !== undefined) findings.violation(defect, mismatch(jsonTypeOf(type), json));
    return json;
  };
}

function enumCheck(values: DescEnum): Check {
  const names = new EnumNames(values);
  return (json, findings) => {
    if (typeof json === 'string') {
      const name = names.fullName(json);
      if (name === undefined) findings.violation(unknownName(json, names.meant(json), values));
      if (name === undefined || name === json) return json;
      findings.changed = true;
      return name;
    }
    const allowsNull = values.typeName === NULL_VALUE && json === null;
    if (!allowsNull && scalarDefect(ScalarType.INT32, json) !== undefined) {
      findings.violation(`must be the name or the number of a ${values.name}`, mismatch('string', json));
    }
    return json;
  };
}

function unknownName(name: string, meant: string | undefined, { values, name: type }: DescEnum): string {
  if (meant !== undefined) return `is not a ${type}: did you mean ${meant}?`;
  const some = values.slice(1, 9).map((value) => value.name);
  const more = values.length > 9 ? ', …' : '';
  return `is not a ${type}: expected one of ${some.join(', ')}${more}`;
}

function listCheck(element: Check): Check {
  return (json, findings) => {
    if (!Array.isArray(json)) findings.violation('must be a list', mismatch('array', json));
    else
      for (let index = 0; index < json.length && !findings.isFull; index++) {
        const value = json[index] as JsonValue;
        findings.enter(index);
        const checked = element(value, findings);
        if (checked !== value) json[index] = checked;
        findings.leave();
      }
    return json;
  };
}

function mapCheck(keyType: ScalarType, element: Check): Check {
  return (json, findings) => {
    if (!isObject(json)) {
      findings.violation('must be an object', mismatch('object', json));
      return json;
    }
    for (const key of Object.keys(json)) {
      if (findings.isFull) break;
      const value = json[key] as JsonValue;
      findings.enter(keyStep(key));
      checkKey(keyType, key, findings);
      const checked = element(value, findings);
      // Not by assignment, which a key of __proto__ would turn into something else.
      if (checked !== value) Object.defineProperty(json, key, { value: checked });
      findings.leave();
    }
    return json;
  };
}

function checkKey(type: ScalarType, key: string, findings: Findings): void {
  if (type === ScalarType.STRING) {
    if (!key.isWellFormed()) findings.violation(HALF_CHARACTER);
  } else if (type === ScalarType.BOOL) {
    if (key !== 'true' && key !== 'false') findings.violation('must have true or false as its key');
  } else {
    const defect = scalarDefect(type, key);
    if (defect !== undefined) findings.violation(`has a key that ${defect}`);
  }
}
