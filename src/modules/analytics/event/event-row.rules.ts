import type { EventRecord, PropertyValue } from './event-record.js';
import type { EventRow, RowContext } from './event-row.js';
import { type PromotedColumn, promotedProperties, promotedProperty } from './property-names.js';
import { numberOf, textOf, typeNumbers, typeOfNumber, valueOf } from './property-text.rules.js';

const DAY_MS = 86_400_000;
/** Days of the analytics store end with this one. */
const LAST_DAY_MS = Date.UTC(2149, 5, 6);

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The row of an event: properties with a column in it, all others in the map of texts. */
export function rowOf(record: EventRecord, context: RowContext): EventRow {
  const { project, batchId, receivedAt, retentionDays } = context;
  const properties: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  const types: Record<string, number> = {};
  const row: Mutable<EventRow> = {
    project,
    kind: record.kind,
    occur_time: engineTime(record.occurTime),
    distinct_id: record.distinctId,
    session_id: record.sessionId,
    event_id: record.eventId,
    received_at: engineTime(receivedAt.getTime()),
    batch_id: batchId,
    cookieless: record.cookieless,
    bot: record.bot,
    // All columns, in one order: objects of one shape are built and read several times faster.
    ...noColumns,
    properties,
    numbers,
    types,
    expires_on: undefined,
  };
  if (retentionDays !== null) row.expires_on = expiryOf(record.occurTime, retentionDays);
  for (const [name, value] of record.properties) {
    if (name.charCodeAt(0) !== DOLLAR || !promote(row, name, value)) put(properties, name, textOf(value));
    const number = numberOf(value);
    if (number !== undefined) put(numbers, name, number);
    if (value.type !== 'string') put(types, name, typeNumbers[value.type]);
  }
  return row;
}

const DOLLAR = 36;

const noColumns = Object.fromEntries(promotedProperties.map(({ column }) => [column, undefined]));

/** The caller chooses the names, and `__proto__` is one like any other. */
function put<T>(map: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__')
    Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
  else map[name] = value;
}

/** Puts the value into its column; false when it has none, or when the column cannot hold it. */
function promote(row: Mutable<EventRow>, name: string, value: PropertyValue): boolean {
  const promoted = promotedProperty(name);
  if (!promoted) return false;
  switch (promoted.storage) {
    case 'text':
      // A timestamp stays what it is only in the map.
      if (value.type === 'timestamp') return false;
      row[promoted.column] = textOf(value);
      return true;
    case 'flag': {
      const text = textOf(value);
      if (text !== 'true' && text !== 'false') return false;
      row[promoted.column] = text === 'true';
      return true;
    }
    case 'score': {
      const score = numberOf(value);
      if (score === undefined || !Number.isInteger(score) || score < 0 || score > 255) return false;
      row[promoted.column] = score;
      return true;
    }
  }
}

/** `YYYY-MM-DD hh:mm:ss.SSS`, UTC: the form of times that the analytics store reads. */
export function engineTime(ms: number): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}`;
}

function expiryOf(occurTime: number, retentionDays: number): string {
  const day = Math.min(occurTime + retentionDays * DAY_MS, LAST_DAY_MS);
  return new Date(Math.max(0, day)).toISOString().slice(0, 10);
}

/** What a row says about the properties of its event. */
export type StoredProperties = {
  readonly [Column in PromotedColumn]?: string | number | boolean | null;
} & Pick<EventRow, 'properties' | 'types'>;

/**
 * The properties of a stored event. Automatic ones that have a column come back as strings, without empty ones and without
 * a false `$mobile` or `$verified_bot`; all others as they were sent.
 */
export function propertiesOf(row: StoredProperties): {
  automatic: Map<string, PropertyValue>;
  custom: Map<string, PropertyValue>;
} {
  const automatic = new Map<string, PropertyValue>();
  const custom = new Map<string, PropertyValue>();
  for (const { property, column } of promotedProperties) {
    const value = row[column];
    if (value == null || value === '' || value === false) continue;
    automatic.set(property, { type: 'string', value: String(value) });
  }
  for (const [name, text] of Object.entries(row.properties)) {
    const value = valueOf(text, typeOfNumber(ownNumber(row.types, name)));
    (name.startsWith('$') ? automatic : custom).set(name, value);
  }
  return { automatic, custom };
}

/** Not what objects inherit: `constructor` is a name like any other. */
function ownNumber(numbers: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined;
}
