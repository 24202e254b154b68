import type { DescField, DescMessage, JsonObject, JsonValue, Registry } from '@bufbuild/protobuf';
import { isObject, mismatch, type Check } from './check.js';
import { fieldCheck, readsNull } from './field.js';
import type { Findings } from './findings.js';
import { nearest } from './names.js';
import { isReadable } from './scalar.js';
import { wellKnownCheck } from './well-known.js';

interface KnownField {
  readonly field: DescField;
  readonly check: Check;
  /** What null stands for here; everywhere else it leaves the field unset. */
  readonly readsNull: boolean;
}

/** The checks of messages; one for each type, made when it is first met. */
export class MessageChecks {
  readonly #registry: Registry;
  readonly #checks = new Map<DescMessage, Check>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  of(schema: DescMessage): Check {
    const known = this.#checks.get(schema);
    if (known) return known;
    const check =
      schema.typeName === ANY ? this.#any(schema) : (wellKnownCheck(schema) ?? this.#fields(schema));
    this.#checks.set(schema, check);
    return check;
  }

  #fields(schema: DescMessage): Check {
    // Made at the first message: a type may hold itself.
    let known: ReadonlyMap<string, KnownField> | undefined;
    return (json, findings) => {
      known ??= this.#knownFields(schema);
      if (!isObject(json)) findings.violation('must be an object', mismatch('object', json));
      else if (findings.isTooDeep) findings.violation('is nested too deeply');
      else checkFields(schema, known, json, findings);
      return json;
    };
  }

  #knownFields(schema: DescMessage): ReadonlyMap<string, KnownField> {
    const known = new Map<string, KnownField>();
    for (const field of schema.fields) {
      const check = fieldCheck(field, (message) => this.of(message));
      const entry = { field, check, readsNull: readsNull(field) };
      known.set(field.name, entry).set(field.jsonName, entry);
    }
    return known;
  }

  /** The message within, whose fields stand beside `@type`. */
  #any(schema: DescMessage): Check {
    return (json, findings) => {
      const url = isObject(json) ? json['@type'] : undefined;
      const name = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
      const inner = this.#registry.getMessage(name);
      if (inner && isObject(json)) {
        if (!wellKnownCheck(inner) && inner.typeName !== ANY) return this.of(inner)(json, findings);
        if (json['value'] !== undefined) json['value'] = this.of(inner)(json['value'], findings);
      } else if (!isReadable(schema, json)) findings.violation('must be a message of a known @type');
      return json;
    };
  }
}

const ANY = 'google.protobuf.Any';

function checkFields(
  schema: DescMessage,
  known: ReadonlyMap<string, KnownField>,
  json: JsonObject,
  findings: Findings,
): void {
  const oneofs = schema.oneofs.length > 0 ? new Map<unknown, string>() : undefined;
  for (const key of Object.keys(json)) {
    if (findings.isFull) return;
    const value = json[key] as JsonValue;
    const entry = known.get(key);
    if (!entry) {
      findings.unknown(key, () => nearest(key, missing(schema, json)));
      continue;
    }
    const { field } = entry;
    findings.enter(field.jsonName, field.name);
    if (key !== field.jsonName && Object.hasOwn(json, field.jsonName)) {
      findings.violation(`is given twice, also as ${field.name}`);
    }
    if (value === null && !entry.readsNull) {
      // A member of a oneof that is null is not there, whatever its type is; protobuf-es would count some of them.
      if (field.oneof) {
        delete json[key];
        findings.changed = true;
      }
    } else {
      const other = field.oneof && oneofs?.get(field.oneof);
      if (other !== undefined) findings.violation(`excludes ${other}: only one of them may be given`);
      if (field.oneof) oneofs?.set(field.oneof, field.jsonName);
      const checked = entry.check(value, findings);
      if (checked !== value) json[key] = checked;
    }
    findings.leave();
  }
}

/** Fields that the client did not give: it may have meant one of them. */
function missing(schema: DescMessage, json: JsonObject): string[] {
  return schema.fields
    .filter(({ name, jsonName }) => !Object.hasOwn(json, name) && !Object.hasOwn(json, jsonName))
    .map(({ jsonName }) => jsonName);
}
