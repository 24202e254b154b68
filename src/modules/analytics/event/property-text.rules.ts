import type { PropertyValue } from './event-record.js';
import { numericReading } from './numeric-reading.rules.js';

type PropertyType = PropertyValue['type'];

/** Numbers of the types in the analytics store's map `types`; a property that it lacks was sent as a string. */
export const typeNumbers: Readonly<Record<PropertyType, number>> = {
  string: 0,
  integer: 1,
  double: 2,
  boolean: 3,
  timestamp: 4,
};

const typesByNumber: readonly PropertyType[] = ['string', 'integer', 'double', 'boolean', 'timestamp'];

/** The type with that number; of an unknown number, which a newer release may have written: string. */
export function typeOfNumber(number: number | undefined): PropertyType {
  return typesByNumber[number ?? 0] ?? 'string';
}

/**
 * The text by which a value is stored, compared and grouped: strings as they are, `true` and `false`, integers in
 * decimal, doubles as JavaScript spells them (0.1, 1e+21), timestamps in RFC 3339, UTC, with milliseconds.
 */
export function textOf(value: PropertyValue): string {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'timestamp':
      return value.value.toISOString();
    case 'integer':
    case 'double':
    case 'boolean':
      return String(value.value);
  }
}

/** The number that a value counts as in sums and numeric filters; booleans and timestamps count as none. */
export function numberOf(value: PropertyValue): number | undefined {
  switch (value.type) {
    case 'string':
      return numericReading(value.value);
    case 'integer':
      return Number(value.value);
    case 'double':
      return Number.isFinite(value.value) ? value.value : undefined;
    case 'boolean':
    case 'timestamp':
      return undefined;
  }
}

/** The value whose text and type were stored. Text that does not spell its type is given back as a string. */
export function valueOf(text: string, type: PropertyType): PropertyValue {
  switch (type) {
    case 'string':
      return { type, value: text };
    case 'integer':
      return /^-?\d+$/.test(text) ? { type, value: BigInt(text) } : { type: 'string', value: text };
    case 'double': {
      const number = numericReading(text);
      return number === undefined ? { type: 'string', value: text } : { type, value: number };
    }
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { type, value: text === 'true' }
        : { type: 'string', value: text };
    case 'timestamp': {
      const value = new Date(text);
      return Number.isNaN(value.getTime()) ? { type: 'string', value: text } : { type, value };
    }
  }
}
