import {
  analyticsQuery,
  events,
  type Fragment,
  instant,
  profiles,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { eventProperty, profileProperty, promotedNames } from './property.js';

const MAX_KINDS = 1000;
const MAX_KEYS = 500;
const MAX_VALUES = 100;

export interface KindRow {
  readonly name: string;
  readonly count: number;
  /** Milliseconds of the epoch. */
  readonly seen: number;
}

/** Kinds of events, the most frequent first. */
export const kindsStatement = analyticsQuery<object, KindRow>({
  name: 'insight.kinds',
  build: () => sql`SELECT kind AS name, count() AS count, toUnixTimestamp64Milli(max(occur_time)) AS seen
    FROM ${events} GROUP BY kind ORDER BY count DESC, name LIMIT ${sql.integer(MAX_KINDS)}`,
  examples: [{}],
});

export interface KeyRow extends KindRow {
  /** Its number in the map `types` of the first event that has the property. */
  readonly type: number;
}

interface OfKind {
  /** Empty: of all kinds. */
  readonly kind: string;
}

/** Properties without a separate column, those of the server (`$…`) and the caller's apart, the most frequent first. */
export const keysStatement = analyticsQuery<OfKind, KeyRow>({
  name: 'insight.keys',
  build: ({
    kind,
  }) => sql`SELECT key AS name, count() AS count, toUnixTimestamp64Milli(max(occur_time)) AS seen,
      argMin(types[key], received_at) AS type
    FROM ${events} ARRAY JOIN mapKeys(properties) AS key ${whereKind(kind)}
    GROUP BY key ORDER BY count DESC, name
    LIMIT ${sql.integer(MAX_KEYS)} BY startsWith(name, '$')`,
  examples: [{ kind: 'view' }, { kind: '' }],
});

/** How often each promoted property is there, in the order of `promotedNames`. */
export interface PromotedRow {
  readonly counts: readonly number[];
  readonly seen: readonly number[];
}

export const promotedStatement = analyticsQuery<OfKind, PromotedRow>({
  name: 'insight.promoted',
  build: ({ kind }) => {
    const present = promotedNames.map((name) => sql`${eventProperty(name).text} != ''`);
    const counts = present.map((condition) => sql`countIf(${condition})`);
    const seen = present.map((condition) => sql`toUnixTimestamp64Milli(maxIf(occur_time, ${condition}))`);
    return sql`SELECT [${sql.join(counts)}] AS counts, [${sql.join(seen)}] AS seen FROM ${events} ${whereKind(kind)}`;
  },
  examples: [{ kind: 'view' }, { kind: '' }],
});

export interface TraitRow {
  readonly name: string;
  readonly count: number;
  /** Whether all of its values have a numeric reading, and all are whole. */
  readonly numeric: 0 | 1;
  readonly whole: 0 | 1;
  /** Whether all of its values are `true` or `false`. */
  readonly flag: 0 | 1;
}

/** Traits of profiles, the most frequent first. */
export const traitsStatement = analyticsQuery<object, TraitRow>({
  name: 'insight.traits',
  build: () => sql`SELECT name, count() AS count,
      min(mapContains(numbers, name)) = 1 AS numeric, min(numbers[name] = round(numbers[name])) = 1 AS whole,
      min(properties[name] IN ('true', 'false')) = 1 AS flag
    FROM ${profiles} ARRAY JOIN mapKeys(properties) AS name WHERE NOT deleted
    GROUP BY name ORDER BY count DESC, name LIMIT ${sql.integer(MAX_KEYS)}`,
  examples: [{}],
});

export interface PropertyValuesInput extends OfKind {
  readonly property: string;
  readonly source: 'event' | 'profile';
  /** Milliseconds of the epoch; values of events since then. */
  readonly since: number;
}

/** Up to 100 values, the most frequent first. */
export const propertyValuesStatement = analyticsQuery<PropertyValuesInput, { readonly text: string }>({
  name: 'insight.property_values',
  build: ({ property, source, kind, since }) => {
    const rows =
      source === 'profile'
        ? sql`SELECT ${profileProperty(property).text} AS text FROM ${profiles} WHERE NOT deleted`
        : sql`SELECT ${eventProperty(property).text} AS text FROM ${events}
            WHERE occur_time >= ${instant(since)} ${andKind(kind)}`;
    return sql`SELECT text FROM (${rows}) WHERE text != ''
      GROUP BY text ORDER BY count() DESC, text LIMIT ${sql.integer(MAX_VALUES)}`;
  },
  examples: [
    { property: 'plan', source: 'event', kind: 'view', since: 0 },
    { property: '$country', source: 'event', kind: '', since: 0 },
    { property: 'plan', source: 'profile', kind: '', since: 0 },
  ],
});

function whereKind(kind: string): Fragment {
  return kind === '' ? sql.empty : sql`WHERE kind = ${value(kind, 'String')}`;
}

function andKind(kind: string): Fragment {
  return kind === '' ? sql.empty : sql`AND kind = ${value(kind, 'String')}`;
}

export type ValueType = 'string' | 'integer' | 'float' | 'boolean' | 'datetime';

export interface PropertyKey {
  readonly name: string;
  readonly count: number;
  /** Milliseconds of the epoch; undefined: not known, or never. */
  readonly seen?: number;
  readonly type: ValueType;
}

export interface FilterSchema {
  readonly kinds: readonly KindRow[];
  /** `$…`; those that have a column are listed even when no event has them. */
  readonly automatic: readonly PropertyKey[];
  readonly custom: readonly PropertyKey[];
  readonly traits: readonly PropertyKey[];
}

export function filterSchema(
  kinds: readonly KindRow[],
  promoted: PromotedRow | undefined,
  keys: readonly KeyRow[],
  traits: readonly TraitRow[],
): FilterSchema {
  const properties = keys.map(({ type, ...key }) => ({ ...key, type: valueTypes[type] ?? 'string' }));
  const isAutomatic = ({ name }: PropertyKey) => name.startsWith('$');
  return {
    kinds,
    automatic: [...promotedKeys(promoted), ...properties.filter(isAutomatic)]
      .sort((left, right) => right.count - left.count || (left.name < right.name ? -1 : 1))
      .slice(0, MAX_KEYS),
    custom: properties.filter((key) => !isAutomatic(key)),
    traits: traits.map((trait) => ({ name: trait.name, count: trait.count, type: typeOfTrait(trait) })),
  };
}

/** By their numbers in the map `types`. */
const valueTypes: readonly ValueType[] = ['string', 'integer', 'float', 'boolean', 'datetime'];

const typedPromoted: ReadonlyMap<string, ValueType> = new Map([
  ['$bot_score', 'integer'],
  ['$verified_bot', 'boolean'],
  ['$mobile', 'boolean'],
]);

function promotedKeys(row: PromotedRow | undefined): PropertyKey[] {
  return promotedNames
    .map((name, index): PropertyKey => {
      const count = row?.counts[index] ?? 0;
      const type = typedPromoted.get(name) ?? 'string';
      return count === 0 ? { name, count, type } : { name, count, seen: row?.seen[index], type };
    })
    .filter(({ name, count }) => count > 0 || !typedPromoted.has(name));
}

/** Profiles keep no types. */
function typeOfTrait({ numeric, whole, flag }: TraitRow): ValueType {
  if (flag) return 'boolean';
  if (!numeric) return 'string';
  return whole ? 'integer' : 'float';
}
