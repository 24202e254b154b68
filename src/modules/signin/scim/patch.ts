import { isDeepStrictEqual } from 'node:util';
import { equalityOf, selectorOf } from './filter.js';
import { findTarget, type PathSchemas, type Target, unknownPath } from './attribute-path.js';
import {
  type Document,
  documentOf,
  isObject,
  listOf,
  readValue,
  refuseMore,
  type Value,
} from './resource.js';
import type { Attribute } from './schema.js';
import { invalid } from './scim-error.js';

export interface Operation {
  op: 'add' | 'replace' | 'remove';
  path?: string;
  value: unknown;
}

const MOST_OPERATIONS = 1000;

/** The operations of a PATCH; one without a path becomes one for each attribute that it names. */
export function readOperations(body: unknown): Operation[] {
  const given = isObject(body) ? memberOf(body, 'operations') : undefined;
  if (!Array.isArray(given) || given.length === 0)
    throw invalid('invalidSyntax', 'The body must have Operations, and at least one.');
  if (given.length > MOST_OPERATIONS)
    throw invalid('invalidValue', `A request may have ${MOST_OPERATIONS} operations at most.`);
  return (given as unknown[]).flatMap(readOperation);
}

function readOperation(given: unknown): Operation[] {
  const word = isObject(given) ? memberOf(given, 'op') : undefined;
  const op = typeof word === 'string' ? word.toLowerCase() : '';
  if (!isObject(given) || (op !== 'add' && op !== 'replace' && op !== 'remove'))
    throw invalid('invalidSyntax', 'Each operation must have an op of add, replace or remove.');
  const path = memberOf(given, 'path') ?? undefined;
  const value = memberOf(given, 'value');
  if (path !== undefined && typeof path !== 'string') throw invalid('invalidPath', 'A path must be a text.');
  if (path) return [{ op, path, value }];
  if (op === 'remove') throw invalid('noTarget', 'An operation that removes must have a path.');
  if (!isObject(value)) throw invalid('invalidValue', 'Without a path, the value must be an object.');
  return Object.entries(value).map(([name, one]) => ({ op, path: name, value: one as unknown }));
}

/** Names of members are not case-sensitive. */
function memberOf(given: object, name: string): unknown {
  return Object.entries(given).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** What clients repeat but cannot change. */
const ignored = new Set(['schemas', 'id', 'meta']);

/** The resource after one operation; the one before stays as it is. */
export function applyOperation(schemas: PathSchemas, resource: Document, operation: Operation): Document {
  const { path = '', op, value } = operation;
  if (ignored.has(path.toLowerCase())) return resource;
  const target = findTarget(schemas, path);
  if (!target) throw unknownPath(path);
  if (target.chain.some(({ mutability }) => mutability === 'readOnly'))
    throw invalid('mutability', `"${path}" cannot be written.`);
  const after = { ...resource };
  const [first, ...below] = target.chain;
  if (first.multiValued) setItems(after, first, changedItems(listOf(after[first.name]), target, op, value));
  else change(after, [first, ...below], op, value);
  return after;
}

/** Down to the attribute, through those that hold others. */
function change(
  holder: Document,
  [attribute, ...below]: [Attribute, ...Attribute[]],
  op: Operation['op'],
  value: unknown,
): void {
  const { name } = attribute;
  const [next, ...rest] = below;
  if (next) {
    const inner = { ...documentOf(holder[name]) };
    change(inner, [next, ...rest], op, value);
    assign(holder, name, inner);
    return;
  }
  const given = op === 'remove' ? undefined : readValue(attribute, value);
  // RFC 7644, section 3.5.2.3: what is not named stays, in a replacement too.
  assign(holder, name, isObject(given) ? { ...documentOf(holder[name]), ...documentOf(given) } : given);
}

function assign(holder: Document, name: string, value: Value | undefined): void {
  if (value === undefined || (isObject(value) && Object.keys(value).length === 0)) delete holder[name];
  else holder[name] = value;
}

function setItems(holder: Document, { name }: Attribute, items: readonly Document[]): void {
  const left = items.filter((item) => Object.keys(item).length > 0);
  refuseMore(name, left.length);
  if (left.length > 0) holder[name] = left;
  else delete holder[name];
}

function changedItems(
  items: readonly Document[],
  { chain, filter }: Target,
  op: Operation['op'],
  value: unknown,
): Document[] {
  const [attribute, below] = chain;
  if (filter === undefined && !below) return changedWhole(items, attribute, op, value);
  const selects = filter === undefined ? () => true : selectorOf(attribute, filter);
  if (op === 'remove') return items.flatMap((item) => (selects(item) ? without(item, below) : [item]));
  const given = below ? partOf(below, value) : wholeOf(attribute, value);
  if (items.some(selects)) {
    const selected = new Set(items.filter(selects));
    const after = items.map((item) => (selected.has(item) ? { ...item, ...given } : item));
    return onePrimary(after, given.primary === true ? after.findLast((item) => item.primary) : undefined);
  }
  // RFC 7644 answers noTarget; Entra sets the first value of its kind like this, and means that it be there.
  const said = filter === undefined ? {} : equalityOf(attribute, filter);
  if (!said) throw invalid('noTarget', 'The path selects no value.');
  return [...items, { ...said, ...given }];
}

function changedWhole(
  items: readonly Document[],
  attribute: Attribute,
  op: Operation['op'],
  value: unknown,
): Document[] {
  const given = listOf(readValue(attribute, value));
  if (op === 'replace')
    return onePrimary(
      given,
      given.find((item) => item.primary),
    );
  // With a value, only what it names goes: never everything because of it.
  if (op === 'remove') {
    if (value === undefined) return [];
    return items.filter((item) => !given.some((one) => names(one, item)));
  }
  const added = given.filter((item) => !items.some((known) => isDeepStrictEqual(known, item)));
  return onePrimary(
    [...items, ...added],
    added.find((item) => item.primary),
  );
}

function names(given: Document, item: Document): boolean {
  const said = Object.entries(given);
  return said.length > 0 && said.every(([name, value]) => isDeepStrictEqual(item[name], value));
}

function without(item: Document, below: Attribute | undefined): Document[] {
  if (!below) return [];
  const { [below.name]: _gone, ...rest } = item;
  return [rest];
}

function partOf(below: Attribute, value: unknown): Document {
  const given = readValue(below, value);
  if (given === undefined) throw invalid('invalidValue', `${below.name} must have a value.`);
  return { [below.name]: given };
}

function wholeOf(attribute: Attribute, value: unknown): Document {
  const [given] = listOf(readValue(attribute, Array.isArray(value) ? (value as unknown[])[0] : value));
  if (!given) throw invalid('invalidValue', `${attribute.name} must have a value.`);
  return given;
}

/** RFC 7643, section 2.4: the others cease to be it. */
function onePrimary(items: readonly Document[], primary: Document | undefined): Document[] {
  if (!primary) return [...items];
  return items.map((item) =>
    item !== primary && item.primary === true ? { ...item, primary: false } : item,
  );
}
