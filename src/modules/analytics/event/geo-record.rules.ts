import type { PropertyValue } from './event-record.js';

/**
 * The place in a record of a location database: `country`, `subdivisions` and `city` with names, as MaxMind and DB-IP
 * build it, or the flat `country_code`, `state1` and `city` of `ip-location-db`. Anything else in it is passed over.
 */
export function placeOfRecord(record: unknown): Map<string, PropertyValue> {
  const place = new Map<string, PropertyValue>();
  const set = (property: string, ...candidates: unknown[]): void => {
    const value = candidates.find((candidate) => typeof candidate === 'string' && candidate !== '');
    if (typeof value === 'string') place.set(property, { type: 'string', value });
  };
  set('$country', at(record, 'country', 'iso_code'), at(record, 'country_code'));
  set('$region', at(record, 'subdivisions', '0', 'names', 'en'), at(record, 'state1'));
  set('$city', at(record, 'city', 'names', 'en'), at(record, 'city'));
  return place;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as Readonly<Record<string, unknown>>)[key];
  }
  return inner;
}
