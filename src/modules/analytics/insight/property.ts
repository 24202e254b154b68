import type { Fragment } from '../../../platform/analytics-store/index.js';
import { sql, value } from '../../../platform/analytics-store/index.js';

/** How a property is read in a statement. Each piece may be used several times. */
export interface PropertySql {
  /** String; '' is missing. */
  readonly text: Fragment;
  /** Float64; meaningless where `isNumber` is false. */
  readonly number: Fragment;
  /** Whether the value has a numeric reading: it is a number, or a string that spells one. */
  readonly isNumber: Fragment;
  /** Whether the value was sent as a number. */
  readonly isStoredNumber: Fragment;
  /** Whether it has few values: the engine keeps a dictionary of them. */
  readonly hasFewValues: boolean;
}

/** Properties with a separate column: the columns as text. */
const columns: ReadonlyMap<string, Fragment> = new Map([
  ['$bot_score', sql`ifNull(toString(bot_score), '')`],
  ['$verified_bot', sql`ifNull(toString(verified_bot), '')`],
  ['$mobile', sql`ifNull(toString(mobile), '')`],
  ['$country', sql`country`],
  ['$region', sql`region`],
  ['$city', sql`city`],
  ['$browser', sql`browser`],
  ['$browserVersion', sql`browser_version`],
  ['$os', sql`os`],
  ['$osVersion', sql`os_version`],
  ['$device', sql`device`],
  ['$platform', sql`platform`],
  ['$url', sql`url`],
  ['$utmSource', sql`utm_source`],
  ['$utmMedium', sql`utm_medium`],
  ['$utmCampaign', sql`utm_campaign`],
  ['$utmTerm', sql`utm_term`],
  ['$utmContent', sql`utm_content`],
  ['$pathname', sql`pathname`],
  ['$hostname', sql`hostname`],
  ['$referrer', sql`referrer`],
  ['$referrerDomain', sql`referrer_domain`],
  ['$channel', sql`channel`],
  ['$locale', sql`locale`],
  ['$screenSize', sql`screen_size`],
  ['$pageTitle', sql`page_title`],
]);

/** Columns of values that are too many for a dictionary. */
const columnsOfMany: ReadonlySet<string> = new Set(['$url', '$pathname', '$referrer', '$pageTitle']);

/** Names of the properties with a separate column. */
export const promotedNames: readonly string[] = [...columns.keys()];

/** A property of the event itself. Columns: those of `events`. */
export function eventProperty(name: string): PropertySql {
  const key = value(name, 'String');
  // A promoted key that has no text form stays in the map; that is rare enough to be left out of every other statement.
  return {
    text: columns.get(name) ?? sql`properties[${key}]`,
    number: sql`numbers[${key}]`,
    isNumber: sql`mapContains(numbers, ${key})`,
    isStoredNumber: sql`(types[${key}] = 1 OR types[${key}] = 2)`,
    hasFewValues: columns.has(name) && !columnsOfMany.has(name),
  };
}

/** A trait of a profile, by its dotted path. Columns: those of `profiles`. */
export function profileProperty(path: string): PropertySql {
  const key = value(path, 'String');
  const isNumber = sql`mapContains(numbers, ${key})`;
  return {
    text: sql`properties[${key}]`,
    number: sql`numbers[${key}]`,
    isNumber,
    isStoredNumber: sql`(${isNumber} AND NOT has(numeric_texts, ${key}))`,
    hasFewValues: false,
  };
}

/** The first property, and where it is missing the second. */
export function firstOf(first: PropertySql, second: PropertySql): PropertySql {
  const either = (part: (property: PropertySql) => Fragment) =>
    sql`if(${first.text} != '', ${part(first)}, ${part(second)})`;
  return {
    text: either(({ text }) => text),
    number: either(({ number }) => number),
    isNumber: either(({ isNumber }) => isNumber),
    isStoredNumber: either(({ isStoredNumber }) => isStoredNumber),
    hasFewValues: false,
  };
}
