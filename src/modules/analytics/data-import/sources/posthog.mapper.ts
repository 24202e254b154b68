import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject, textAt } from '../properties.js';
import { personOf } from './person.js';
import { campaign, renamed } from './web-properties.js';

const names: Readonly<Record<string, string>> = {
  ...campaign,
  $browser: '$browser',
  $browser_version: '$browserVersion',
  $os: '$os',
  $os_version: '$osVersion',
  $device_type: '$device',
  $current_url: '$url',
  $pathname: '$pathname',
  $host: '$hostname',
  $referrer: '$referrer',
  $geoip_country_code: '$country',
  $geoip_subdivision_1_name: '$region',
  $geoip_city_name: '$city',
  $browser_language: '$locale',
  $screen_width: '$screenWidth',
  $screen_height: '$screenHeight',
  title: '$pageTitle',
};
const leftOut = [
  '$ip',
  'token',
  '$set',
  '$set_once',
  '$session_id',
  '$insert_id',
  'distinct_id',
  '$feature_flag_payloads',
];
const nameOf = renamed(names, leftOut);
const kinds: Readonly<Record<string, string>> = { $pageview: 'page_view', $screen: 'screen_view' };

/** An event of a batch export or of the API, or a person with `distinct_ids`; from CSV, too. */
export function ofPosthog(value: unknown, context: LineContext): Imported {
  const row = value instanceof Map ? fromColumns(value as Map<string, string>) : value;
  if (!isObject(row)) throw new LineError('', 'is no object');
  const sent = objectOf(row['properties'], 'properties');
  if (Array.isArray(row['distinct_ids'])) {
    const [first = '', ...links] = row['distinct_ids'].map(String);
    return personOf(first, 'distinct_ids', sent, { links });
  }
  const properties = context.properties;
  properties.addAll(sent, 'properties', nameOf);
  const kind = textAt(row, 'event');
  const distinctId = textAt(row, 'distinct_id');
  if (kind === '$identify') {
    const anonymous = textAt(sent, '$anon_distinct_id');
    return personOf(distinctId, 'distinct_id', sent['$set'], { links: anonymous ? [anonymous] : [] });
  }
  if (kind === '$create_alias') {
    const alias = textAt(sent, 'alias');
    return personOf(distinctId, 'distinct_id', {}, { links: alias ? [alias] : [], isAlias: true });
  }
  return context.event({
    kind: kinds[kind] ?? kind,
    kindField: 'event',
    time: row['timestamp'],
    timeField: 'timestamp',
    distinctId,
    distinctIdField: 'distinct_id',
    sessionId: textAt(sent, '$session_id'),
    eventId: textAt(row, 'uuid') || textAt(row, 'id'),
    properties,
  });
}

/** Columns of a CSV export: `properties` as JSON, or one column for each (`properties.$browser`). */
function fromColumns(columns: ReadonlyMap<string, string>): Record<string, unknown> {
  const properties: Record<string, unknown> = objectOf(columns.get('properties') ?? '', 'properties');
  const row: Record<string, unknown> = { properties };
  for (const [name, text] of columns) {
    if (name === 'properties' || text === '') continue;
    if (name.startsWith('properties.')) properties[name.slice('properties.'.length)] = text;
    else row[name.replace(/^\*\./, '')] = text;
  }
  return row;
}

function objectOf(value: unknown, field: string): Record<string, unknown> {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || value === '') return {};
  try {
    const parsed: unknown = JSON.parse(value);
    if (isObject(parsed)) return parsed;
  } catch {
    // Refused below.
  }
  throw new LineError(field, 'is no JSON object');
}
