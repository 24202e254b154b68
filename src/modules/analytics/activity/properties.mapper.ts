import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { promotedProperties, propertiesOf, type PropertyValue, textOf } from '../event/index.js';
import type { FeedEvent } from './activity.js';

/** The properties of an event as JSON: those whose names begin with `$`, and all others. */
export function toProperties({
  promoted,
  properties,
  types,
}: Pick<FeedEvent, 'promoted' | 'properties' | 'types'>): { automatic: JsonObject; custom: JsonObject } {
  const columns = promotedProperties.map(({ column, storage }, index) => {
    const text = promoted[index] ?? '';
    return [column, storage === 'flag' ? text === 'true' : text] as const;
  });
  const stored = propertiesOf({ ...Object.fromEntries(columns), properties, types });
  return { automatic: toJson(stored.automatic), custom: toJson(stored.custom) };
}

function toJson(properties: ReadonlyMap<string, PropertyValue>): JsonObject {
  return Object.fromEntries([...properties].map(([name, value]) => [name, jsonOf(value)]));
}

function jsonOf(property: PropertyValue): JsonValue {
  switch (property.type) {
    case 'string':
    case 'boolean':
    case 'double':
      return property.value;
    case 'integer':
      return Number(property.value);
    case 'timestamp':
      return textOf(property);
  }
}
