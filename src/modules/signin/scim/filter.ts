import { type Filter, filter as tester, parse } from 'scim2-parse-filter';
import { type Attribute, attributeNamed } from './schema.js';
import type { Document } from './resource.js';
import { invalid } from './scim-error.js';

export type { Filter } from 'scim2-parse-filter';

const LONGEST_FILTER = 2000;
const DEEPEST_FILTER = 20;

/** Parses a filter of RFC 7644, section 3.4.2.2, within limits on length and depth. */
export function readFilter(text: string): Filter {
  if (text.length > LONGEST_FILTER)
    throw invalid('invalidFilter', `A filter may have ${LONGEST_FILTER} characters at most.`);
  // None may stand in a text of JSON; the parser takes exponential time over line breaks that no quote ends.
  if (/\p{Cc}/u.test(text)) throw invalid('invalidFilter', 'A filter must not contain control characters.');
  // Counted before it is parsed, which is recursive; texts in quotes do not count.
  const words = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const openings = words.match(/\(|\bnot\b/gi)?.length ?? 0;
  if (openings > DEEPEST_FILTER)
    throw invalid('invalidFilter', `A filter may have ${DEEPEST_FILTER} parentheses at most.`);
  try {
    return parse(text);
  } catch {
    throw invalid(
      'invalidFilter',
      'The filter cannot be read; it should look like userName eq "a@b.example".',
    );
  }
}

/** The values of a multi-valued attribute that a filter in a path selects; case does not count (RFC 7643, section 2.2). */
export function selectorOf(attribute: Attribute, text: string): (value: Document) => boolean {
  const selects = tester(inLowerCase(named(attribute, readFilter(text))));
  return (value) =>
    selects(Object.fromEntries(Object.entries(value).map(([name, one]) => [name, lowered(one)])));
}

function inLowerCase(filter: Filter): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, filters: filter.filters.map(inLowerCase) };
    case 'not':
      return { op: 'not', filter: inLowerCase(filter.filter) };
    case '[]':
    case 'pr':
      return filter;
    default:
      return { ...filter, compValue: lowered(filter.compValue) };
  }
}

function lowered<T>(value: T): T | string {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** With the names and the types of the schema. */
function named(attribute: Attribute, filter: Filter): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, filters: filter.filters.map((one) => named(attribute, one)) };
    case 'not':
      return { op: 'not', filter: named(attribute, filter.filter) };
    case '[]':
      throw invalid('invalidFilter', 'A filter in brackets must not contain brackets.');
    case 'pr':
      return { op: 'pr', attrPath: nameIn(attribute, filter.attrPath).name };
    default: {
      const { name, type } = nameIn(attribute, filter.attrPath);
      const { compValue: given } = filter;
      const compValue = type === 'boolean' ? /^true$/i.test(String(given)) : given;
      return { op: filter.op, attrPath: name, compValue };
    }
  }
}

function nameIn({ name, subAttributes = [] }: Attribute, path: string): Attribute {
  const found = attributeNamed(subAttributes, path);
  if (found) return found;
  throw invalid('invalidFilter', `${name} has no ${path}.`);
}

/** The value that a filter selects by equality alone; undefined for any other filter. */
export function equalityOf(attribute: Attribute, text: string): Document | undefined {
  const filter = named(attribute, readFilter(text));
  const all = filter.op === 'and' ? filter.filters : [filter];
  const said: Document = {};
  for (const one of all) {
    if (one.op !== 'eq' || !('compValue' in one)) return undefined;
    const { attrPath, compValue } = one;
    if (typeof compValue !== 'string' && typeof compValue !== 'boolean') return undefined;
    const { canonicalValues = [] } = nameIn(attribute, attrPath);
    said[attrPath] = canonicalValues.find((value) => value === lowered(compValue)) ?? compValue;
  }
  return said;
}
