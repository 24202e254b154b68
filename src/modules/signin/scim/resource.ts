import { type Attribute, attributeNamed } from './schema.js';
import { invalid } from './scim-error.js';

export type Value = string | boolean | Document | Value[];
/** Attributes by the names of the schema, of the types of the schema, without what is unassigned. */
export interface Document {
  [name: string]: Value;
}

const LONGEST_TEXT = 1000;
const MOST_VALUES = 50;

/** A resource as a client sent it: names in any case, and nothing that the schema does not know. */
export function readResource(attributes: readonly Attribute[], body: unknown): Document {
  if (!isObject(body)) throw invalid('invalidSyntax', 'The body must be a JSON object.');
  return readMembers(attributes, body, '');
}

/** The value of one attribute; undefined when it assigns nothing. */
export function readValue(attribute: Attribute, value: unknown, prefix = ''): Value | undefined {
  const path = `${prefix}${attribute.name}`;
  if (!attribute.multiValued) return readSingle(attribute, value, path);
  const given = Array.isArray(value) ? (value as unknown[]) : [value];
  refuseMore(path, given.length);
  const values = given.flatMap((item) => readSingle(attribute, item, path) ?? []);
  return values.length > 0 ? values : undefined;
}

export function refuseMore(path: string, values: number): void {
  if (values > MOST_VALUES) throw invalid('invalidValue', `${path} takes ${MOST_VALUES} values at most.`);
}

function readSingle(attribute: Attribute, value: unknown, path: string): Value | undefined {
  // RFC 7643, section 2.5: null and the absent attribute are the same, and an empty text says nothing either.
  if (value === null || value === undefined || value === '') return undefined;
  switch (attribute.type) {
    case 'boolean':
      return readBoolean(value, path);
    case 'complex':
      return readComplex(attribute, value, path);
    case 'string':
    case 'reference':
      return readText(value, path);
  }
}

/** Entra writes "True" and "False". */
function readBoolean(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'true' || word === 'false') return word === 'true';
  throw invalid('invalidValue', `${path} must be true or false.`);
}

function readText(value: unknown, path: string): string {
  const given = typeof value === 'number' ? String(value) : value;
  if (typeof given !== 'string') throw invalid('invalidValue', `${path} must be a text.`);
  if (given.length > LONGEST_TEXT)
    throw invalid('invalidValue', `${path} may have ${LONGEST_TEXT} characters at most.`);
  return given;
}

/** A text in the place of an object is its `value`: so does Entra name a manager. */
function readComplex(attribute: Attribute, value: unknown, path: string): Document | undefined {
  const members = attribute.subAttributes ?? [];
  const given = typeof value === 'string' && attributeNamed(members, 'value') ? { value } : value;
  if (!isObject(given)) throw invalid('invalidValue', `${path} must be an object.`);
  const document = readMembers(members, given, `${path}.`);
  return Object.keys(document).length > 0 ? document : undefined;
}

function readMembers(attributes: readonly Attribute[], given: object, prefix: string): Document {
  const document: Document = {};
  for (const [name, value] of Object.entries(given)) {
    const attribute = attributeNamed(attributes, name);
    if (!attribute || attribute.mutability === 'readOnly') continue;
    const read = readValue(attribute, value, prefix);
    if (read !== undefined) document[attribute.name] = read;
  }
  return document;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function documentOf(value: Value | undefined): Document {
  return isDocument(value) ? value : {};
}

export function listOf(value: Value | undefined): Document[] {
  return Array.isArray(value) ? value.filter(isDocument) : [];
}

function isDocument(value: Value | undefined): value is Document {
  return isObject(value);
}
