import { isObject } from './resource.js';

/** `attributes` and `excludedAttributes` of RFC 7644, section 3.9. */
export interface Projection {
  attributes: readonly string[];
  excluded: readonly string[];
}

/** A resource as it is answered. */
export type Answer = Record<string, unknown>;

const always = ['schemas', 'id'];

/** Names may stand behind the schema that they are of. */
const coreUrn = /^urn:ietf:params:scim:schemas:core:2\.0:\w+:/;

/** Whether an attribute of a resource's own schema is left out, so that it need not be read. */
export function excludes({ attributes, excluded }: Projection, name: string): boolean {
  const wanted = name.toLowerCase();
  const isWanted = (path: string): boolean => path === wanted || path.startsWith(`${wanted}.`);
  if (attributes.length > 0) return !attributes.map(withoutUrn).some(isWanted);
  return excluded.map(withoutUrn).includes(wanted);
}

function withoutUrn(path: string): string {
  return path.replace(coreUrn, '');
}

export function readProjection(query: Record<string, string | undefined>): Projection {
  return { attributes: namesIn(query.attributes), excluded: namesIn(query.excludedattributes) };
}

export function project(resource: Answer, { attributes, excluded }: Projection): Answer {
  const { schemas } = resource;
  const urns = Array.isArray(schemas) ? (schemas as string[]).map((urn) => urn.toLowerCase()) : [];
  if (attributes.length > 0) return keep(resource, pathsOf(attributes, urns), always);
  return excluded.length > 0 ? drop(resource, pathsOf(excluded, urns)) : resource;
}

function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Each name as a path. An extension is one step; the URN of the core schema is no step. */
function pathsOf(names: readonly string[], [core = '', ...extensions]: readonly string[]): string[][] {
  return names.map((name) => {
    const extension = extensions.find((urn) => name.startsWith(urn));
    const plain = name.startsWith(`${core}:`) ? name.slice(core.length + 1) : name;
    if (!extension) return plain.split('.');
    const rest = name.slice(extension.length + 1);
    return rest === '' ? [extension] : [extension, ...rest.split('.')];
  });
}

function keep(value: Answer, paths: readonly string[][], names: readonly string[] = []): Answer {
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    if (names.includes(name)) return [[name, inner]];
    const matching = paths.filter(([step]) => step === name.toLowerCase());
    if (matching.length === 0) return [];
    const below = matching.map(([, ...rest]) => rest);
    return [
      [name, below.some((rest) => rest.length === 0) ? inner : within(inner, (one) => keep(one, below))],
    ];
  });
  return Object.fromEntries(kept) as Answer;
}

function drop(value: Answer, paths: readonly string[][], names: readonly string[] = always): Answer {
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const below = paths.filter(([step]) => step === name.toLowerCase()).map(([, ...rest]) => rest);
    if (names.includes(name) || below.length === 0) return [[name, inner]];
    if (below.some((rest) => rest.length === 0)) return [];
    return [[name, within(inner, (one) => drop(one, below, []))]];
  });
  return Object.fromEntries(kept) as Answer;
}

function within(value: unknown, change: (one: Answer) => Answer): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map((one) => within(one, change));
  return isObject(value) ? change({ ...value }) : value;
}
