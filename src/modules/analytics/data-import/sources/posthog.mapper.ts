import { isUuid } from '../../event/index.js';
import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject, textAt } from '../properties.js';
import { ownTraits, personOf } from './person.js';
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

/** An event or a person of a batch export or of the API; from CSV, too. */
export function ofPosthog(value: unknown, context: LineContext): Imported {
  const row = value instanceof Map ? fromColumns(value as Map<string, string>) : value;
  if (!isObject(row)) throw new LineError('', 'is no object');
  const sent = objectOf(row['properties'], 'properties');
  const kind = textAt(row, 'event');
  const identity = kind === '' ? personOfRow(row, sent) : identityOf(kind, row, sent);
  if (identity) return identity;
  const properties = context.properties;
  properties.addAll(sent, 'properties', nameOf);
  const distinctId = textAt(row, 'distinct_id');
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

/** A person of the API, with all ids, or of a batch export, with one of them in each row. */
function personOfRow(row: Record<string, unknown>, sent: Record<string, unknown>): Imported | undefined {
  const traits = ownTraits(sent);
  const ids = row['distinct_ids'];
  if (Array.isArray(ids)) {
    // Those that SDKs have made up are UUIDs: another one is the application's.
    const [first = '', ...links] = ids.map(String).sort((a, b) => Number(isUuid(a)) - Number(isUuid(b)));
    return personOf(first, 'distinct_ids', traits, { links, isAlias: true });
  }
  const person = textAt(row, 'person_id');
  const distinctId = textAt(row, 'distinct_id');
  if (person === '' || distinctId === '') return undefined;
  if (row['is_deleted'] === true || row['is_deleted'] === 'true') return { type: 'skipped' };
  return personOf(person, 'person_id', traits, { links: [distinctId], isAlias: true });
}

/** What the events say by which PostHog knows persons and groups. */
function identityOf(
  kind: string,
  row: Record<string, unknown>,
  sent: Record<string, unknown>,
): Imported | undefined {
  const distinctId = textAt(row, 'distinct_id');
  const traits = { ...ownTraits(sent['$set_once']), ...ownTraits(sent['$set']) };
  const linked = (name: string, isAlias: boolean): Imported => {
    const id = textAt(sent, name);
    return personOf(distinctId, 'distinct_id', traits, { links: id ? [id] : [], isAlias });
  };
  switch (kind) {
    case '$identify':
      return linked('$anon_distinct_id', false);
    case '$create_alias':
    case '$merge_dangerously':
      return linked('alias', true);
    case '$set':
      return personOf(distinctId, 'distinct_id', traits);
    case '$groupidentify':
      return { type: 'skipped' };
    default:
      return undefined;
  }
}

/** Columns of a CSV export: `properties` as JSON, or one column for each (`properties.$browser`). */
function fromColumns(columns: ReadonlyMap<string, string>): Record<string, unknown> {
  const whole = columns.get('properties') ?? columns.get('*.properties') ?? '';
  const properties: Record<string, unknown> = objectOf(whole, 'properties');
  const row: Record<string, unknown> = { properties };
  for (const [column, text] of columns) {
    const name = column.replace(/^\*\./, '');
    if (name === 'properties' || text === '') continue;
    if (name.startsWith('properties.')) properties[name.slice('properties.'.length)] = text;
    else row[name] = text;
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
