import type { PropertyValue } from '../event/index.js';
import { isLongerThan } from '../event/index.js';

/** Limits of an event, as those of the contracts for SDKs. */
const MOST_PROPERTIES = 256;
const MOST_CHARACTERS_OF_NAME = 128;
const MOST_CHARACTERS_OF_VALUE = 1_024;
/** Objects inside each other. */
const DEEPEST = 8;

/** Notes that a part of a line is left out. */
export type Warn = (field: string, description: string) => void;

/** Collects the properties of an event from JSON: nested objects become dotted names, lists their JSON. */
export class Properties {
  readonly values = new Map<string, PropertyValue>();

  constructor(private readonly warn: Warn) {}

  /** @param field Where the value is in the file. */
  add(name: string, value: unknown, field: string): void {
    this.addAt(name, value, field, 1);
  }

  /** The members of an object, under the names that `nameOf` gives them; undefined: left out. */
  addAll(object: unknown, field: string, nameOf: (name: string) => string | undefined): void {
    if (!isObject(object)) return;
    for (const [name, value] of Object.entries(object)) {
      const stored = nameOf(name);
      if (stored !== undefined) this.add(stored, value, `${field}.${name}`);
    }
  }

  private addAt(name: string, value: unknown, field: string, depth: number): void {
    if (value === null || value === undefined || value === '') return;
    if (isObject(value)) {
      if (depth >= DEEPEST) return this.warn(field, `is left out: it is more than ${DEEPEST} levels deep`);
      for (const [inner, each] of Object.entries(value))
        this.addAt(`${name}.${inner}`, each, `${field}.${inner}`, depth + 1);
      return;
    }
    if (name === '' || isLongerThan(name, MOST_CHARACTERS_OF_NAME))
      return this.warn(field, `is left out: its name must have 1 to ${MOST_CHARACTERS_OF_NAME} characters`);
    if (this.values.size >= MOST_PROPERTIES && !this.values.has(name))
      return this.warn(field, `is left out: an event has at most ${MOST_PROPERTIES} properties`);
    const property = scalarOf(value);
    if (!property) return this.warn(field, 'is left out: it is too deep or of no known type');
    if (property.type === 'string' && isLongerThan(property.value, MOST_CHARACTERS_OF_VALUE))
      return this.warn(field, `is left out: it has more than ${MOST_CHARACTERS_OF_VALUE} characters`);
    this.values.set(name.toWellFormed(), property);
  }
}

function scalarOf(value: unknown): PropertyValue | undefined {
  if (typeof value === 'string') return { type: 'string', value: value.toWellFormed() };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'bigint') return { type: 'integer', value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { type: 'integer', value: BigInt(value) } : doubleOf(value);
  if (value instanceof Date) return { type: 'timestamp', value };
  if (!Array.isArray(value) || depthOf(value, 0) > DEEPEST) return undefined;
  return { type: 'string', value: JSON.stringify(value).toWellFormed() };
}

function doubleOf(value: number): PropertyValue | undefined {
  return Number.isFinite(value) ? { type: 'double', value } : undefined;
}

/** Whether what writes or reads a value, and recurses, could run out of stack. */
export function isTooDeep(value: unknown): boolean {
  return depthOf(value, 0) > DEEPEST + 1;
}

/** Stops early: a list can be a million levels deep, and what writes it recurses. */
function depthOf(value: unknown, above: number): number {
  if (above > DEEPEST || typeof value !== 'object' || value === null) return above;
  return Math.max(
    above + 1,
    ...Object.values(value)
      .slice(0, 100)
      .map((each) => depthOf(each, above + 1)),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function textAt(object: Record<string, unknown>, name: string): string {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** The name of another product's automatic property that has no counterpart here: without the mark of automatic ones. */
export function ownName(name: string): string {
  return name.replace(/^\$+/, '');
}
