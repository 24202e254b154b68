import { numericReading } from '../../event/index.js';
import { type CsvMapping, csvType } from '../data-import.js';
import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject } from '../properties.js';
import { personOf } from './person.js';

type Columns = ReadonlyMap<string, string>;

/** A row of a CSV file, by the mapping of the import. */
export function ofCsv(value: unknown, context: LineContext): Imported {
  const { csv } = context.options;
  if (!(value instanceof Map) || !csv) throw new LineError('', 'is no row');
  const columns = value as Columns;
  const distinctId = columnOf(columns, csv.distinctIdColumn);
  const properties = context.properties;
  for (const { column, property, type } of wanted(columns, csv)) {
    const text = columnOf(columns, column);
    if (text !== '') addTyped(properties, context, { column, name: property || column, type, text });
  }
  if (csv.profiles) {
    const traits = [...properties.values].map(([name, { value: each }]) => [name, jsonOf(each)] as const);
    return personOf(distinctId, csv.distinctIdColumn, Object.fromEntries(traits));
  }
  return context.event({
    kind: csv.eventColumn ? columnOf(columns, csv.eventColumn) : csv.eventName,
    kindField: csv.eventColumn || 'event_name',
    time: columnOf(columns, csv.timeColumn),
    timeField: csv.timeColumn,
    distinctId,
    distinctIdField: csv.distinctIdColumn,
    sessionId: csv.sessionIdColumn ? columnOf(columns, csv.sessionIdColumn) : '',
    eventId: csv.eventIdColumn ? columnOf(columns, csv.eventIdColumn) : '',
    properties,
  });
}

function jsonOf(value: string | number | bigint | boolean | Date): string | number | boolean {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'bigint' ? Number(value) : value;
}

function wanted(columns: Columns, csv: CsvMapping): CsvMapping['properties'] {
  if (csv.properties.length > 0) return csv.properties;
  const used = new Set([
    csv.eventColumn,
    csv.timeColumn,
    csv.distinctIdColumn,
    csv.sessionIdColumn,
    csv.eventIdColumn,
  ]);
  return [...columns.keys()]
    .filter((column) => column !== '' && !used.has(column))
    .map((column) => ({ column, property: '', type: csvType.unspecified }));
}

function addTyped(
  properties: LineContext['properties'],
  context: LineContext,
  { column, name, type, text }: { column: string; name: string; type: number; text: string },
): void {
  switch (type) {
    case csvType.number: {
      const number = numericReading(text.trim());
      if (number === undefined) return context.warn(column, 'is left out: it is no number');
      return properties.add(name, number, column);
    }
    case csvType.boolean: {
      const flag = flags.get(text.trim().toLowerCase());
      if (flag === undefined) return context.warn(column, 'is left out: it is neither true nor false');
      return properties.add(name, flag, column);
    }
    case csvType.timestamp:
      return properties.add(name, new Date(context.time(text, column)), column);
    case csvType.json: {
      const parsed = parsedObject(text);
      if (!parsed) return context.warn(column, 'is left out: it is no JSON object');
      return properties.addAll(parsed, column, (inner) => inner);
    }
    default:
      return properties.add(name, text, column);
  }
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function columnOf(columns: Columns, column: string): string {
  const text = columns.get(column);
  if (text === undefined) throw new LineError(column, 'is no column of the file');
  return text;
}
