import { promotedProperties, typeOfNumber } from '../event/index.js';
import type { ExportedEvent, JsonScalar, PropertyTypes } from './record.js';

/** What the statement of an export selects. */
type Row = [
  id: string,
  kind: string,
  occurTime: string,
  receivedAt: string,
  distinctId: string,
  sessionId: string,
  cookieless: boolean,
  bot: boolean,
  properties: Record<string, string>,
  types: Record<string, number>,
  ...promoted: (string | number | boolean | null)[],
];

/** The event of a row whose values are in the order of `Row`. */
export function toExportedEvent(values: readonly unknown[]): ExportedEvent {
  // The statement selects these columns.
  const [
    id,
    kind,
    occurTime,
    receivedAt,
    distinctId,
    sessionId,
    cookieless,
    bot,
    texts,
    numbers,
    ...promoted
  ] = values as Row;
  // Without a prototype: callers choose the names.
  const properties = Object.create(null) as Record<string, JsonScalar>;
  const types = Object.create(null) as Record<string, PropertyTypes[string]>;
  const add = (name: string, text: string): void => {
    const type = typeOfNumber(Object.hasOwn(numbers, name) ? numbers[name] : undefined);
    const value = jsonOf(text, type);
    properties[name] = value;
    if (type !== inferredType(value)) types[name] = type;
  };
  for (const [index, { property }] of promotedProperties.entries()) {
    const value = promoted[index];
    if (value != null && value !== '') add(property, String(value));
  }
  for (const name of Object.keys(texts)) add(name, texts[name] ?? '');
  return {
    type: 'event',
    id,
    kind,
    time: isoTime(occurTime),
    distinctId,
    sessionId,
    receivedAt: isoTime(receivedAt),
    cookieless,
    bot,
    properties,
    types,
  };
}

function isoTime(engineTime: string): string {
  return `${engineTime.replace(' ', 'T')}Z`;
}

/** The value in JSON; as text where JSON has no number for it. */
function jsonOf(text: string, type: PropertyTypes[string]): JsonScalar {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type !== 'integer' && type !== 'double') return text;
  const number = Number(text);
  return text !== '' && String(number) === text && Number.isFinite(number) ? number : text;
}

/** What a value is taken for when nothing says its type. */
function inferredType(value: JsonScalar): PropertyTypes[string] {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return Number.isSafeInteger(value) ? 'integer' : 'double';
}
