import { type PropertyShape, wellKnownEvents } from './well-known-events.js';

/** A value of free-form JSON, of which lists and objects have been refused. */
type PlainValue = string | number | boolean | null;

export interface PropertyDefect {
  readonly property: string;
  readonly description: string;
}

const shapes: ReadonlyMap<string, ReadonlyMap<string, PropertyShape>> = new Map(
  Object.entries(wellKnownEvents).map(([kind, properties]) => [kind, new Map(Object.entries(properties))]),
);
const seconds = /^\d+(?:\.\d+)?s$/;

/** What is wrong with the properties of an event that has a standard name. Null and empty text count as missing. */
export function wellKnownDefects(
  kind: string,
  valueOf: (property: string) => PlainValue | undefined,
): PropertyDefect[] {
  const defects: PropertyDefect[] = [];
  for (const [property, shape] of shapes.get(kind) ?? []) {
    const value = valueOf(property) ?? undefined;
    const isMissing = value === undefined || (value === '' && shape.isRequired);
    const description = isMissing ? missing(shape) : defectOf(value, shape);
    if (description !== undefined) defects.push({ property, description });
  }
  return defects;
}

function missing({ isRequired }: PropertyShape): string | undefined {
  return isRequired ? 'value is required' : undefined;
}

function defectOf(value: string | number | boolean, shape: PropertyShape): string | undefined {
  switch (shape.type) {
    case 'string':
      if (typeof value !== 'string') return 'must be a string';
      if (!shape.pattern || value === '' || shape.pattern.test(value)) return undefined;
      return `does not match regex pattern \`${shape.pattern.source}\``;
    case 'number':
      return typeof value === 'number' ? outOfRange(value, shape) : 'must be a number';
    case 'integer':
      if (typeof value !== 'number') return 'must be a number';
      return Number.isInteger(value) ? outOfRange(value, shape) : 'must be an integer';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be a boolean';
    case 'duration':
      if (typeof value === 'number' ? value >= 0 : typeof value === 'string' && seconds.test(value))
        return undefined;
      return 'must be a number of seconds from 0, or a text such as 12.5s';
  }
}

function outOfRange(
  value: number,
  { least = -Infinity, isOpen, most = Infinity }: { least?: number; isOpen?: boolean; most?: number },
): string | undefined {
  if (isOpen && value <= least) return `must be greater than ${least}`;
  if (value < least) return `must be greater than or equal to ${least}`;
  return value > most ? `must be less than or equal to ${most}` : undefined;
}
