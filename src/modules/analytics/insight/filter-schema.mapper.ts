import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type GetFilterSchemaRequest,
  type GetFilterSchemaResponseSchema,
  PropertySource,
  PropertyValueType,
} from '@dovecote/contract/common/v1/filter_schema_pb';
import type { GetPropertyValuesRequest as OfActivity } from '@dovecote/contract/shared/activity/v1/activity_pb';
import type { GetPropertyValuesRequest } from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { FilterSchema, PropertyKey, PropertyValuesInput, ValueType } from './filter-schema.js';

const types: Readonly<Record<ValueType, PropertyValueType>> = {
  string: PropertyValueType.STRING,
  integer: PropertyValueType.INTEGER,
  float: PropertyValueType.FLOAT,
  boolean: PropertyValueType.BOOLEAN,
  datetime: PropertyValueType.DATETIME,
};

/** Only keys of the allowed types; none are named: of all. */
export function toFilterSchema(
  { allowedTypes }: GetFilterSchemaRequest,
  schema: FilterSchema,
): MessageInitShape<typeof GetFilterSchemaResponseSchema> {
  const toKeys = (keys: readonly PropertyKey[]) =>
    keys
      .filter(({ type }) => allowedTypes.length === 0 || allowedTypes.includes(types[type]))
      .map(({ name, count, seen, type }) => ({
        name,
        count: BigInt(count),
        lastSeenAt: seen === undefined ? undefined : timestampFromMs(seen),
        valueType: types[type],
      }));
  return {
    events: schema.kinds.map(({ name, count, seen }) => ({
      name,
      count: BigInt(count),
      lastSeenAt: timestampFromMs(seen),
    })),
    autoPropertyKeys: toKeys(schema.automatic),
    customPropertyKeys: toKeys(schema.custom),
    profilePropertyKeys: toKeys(schema.traits),
  };
}

export function toPropertyValuesInput({
  propertyKey,
  source,
  eventKind,
}: GetPropertyValuesRequest | OfActivity): Omit<PropertyValuesInput, 'since'> {
  return {
    property: propertyKey,
    source: source === PropertySource.PROFILE ? 'profile' : 'event',
    kind: eventKind,
  };
}
