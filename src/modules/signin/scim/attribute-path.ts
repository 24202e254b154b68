import { type Attribute, attributeNamed } from './schema.js';
import { invalid } from './scim-error.js';

/** Where an operation works: from an attribute of the resource down to one of its sub-attributes. */
export interface Target {
  chain: readonly [Attribute, ...Attribute[]];
  /** Selects values of the first, where it has several. */
  filter?: string;
}

const form = /^([^[\]]+)(?:\[(.*)\](?:\.([^.[\]]+))?)?$/s;

/** Undefined: there is no such attribute. */
export function findTarget(schemas: PathSchemas, path: string): Target | undefined {
  const [, plain = '', filter, below] = form.exec(path.trim()) ?? [];
  const names = namesIn(schemas, plain.trim());
  if (below !== undefined) names.push(below);
  const chain: Attribute[] = [];
  let attributes: readonly Attribute[] = schemas.attributes;
  for (const name of names) {
    const attribute = attributeNamed(attributes, name);
    if (!attribute) return undefined;
    chain.push(attribute);
    attributes = attribute.subAttributes ?? [];
  }
  const [first, ...rest] = chain;
  if (!first || (filter !== undefined && !first.multiValued)) return undefined;
  return { chain: [first, ...rest], filter };
}

export interface PathSchemas {
  /** URN of the core schema, which may prefix its attributes. */
  core: string;
  attributes: readonly Attribute[];
}

/** URNs of schemas contain dots themselves. */
function namesIn({ core, attributes }: PathSchemas, path: string): string[] {
  const prefixes = [core, ...attributes.map(({ name }) => name).filter((name) => name.startsWith('urn:'))];
  const prefix = prefixes.find((name) => path.toLowerCase().startsWith(name.toLowerCase()));
  if (!prefix) return path.split('.');
  const rest = path.slice(prefix.length).replace(/^:/, '');
  return [...(prefix === core ? [] : [prefix]), ...(rest === '' ? [] : rest.split('.'))];
}

export function unknownPath(path: string): Error {
  const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
  return invalid('invalidPath', `"${shown}" is not an attribute; /Schemas lists them.`);
}
