import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject, textAt } from '../properties.js';

const parameters: Readonly<Record<string, string>> = {
  page_location: '$url',
  page_referrer: '$referrer',
  page_title: '$pageTitle',
  source: '$utmSource',
  medium: '$utmMedium',
  campaign: '$utmCampaign',
  term: '$utmTerm',
  content: '$utmContent',
};
/** `device.…` and the like, with the name that each becomes. */
const paths: readonly (readonly [path: readonly [string, string], name: string])[] = [
  [['device', 'category'], '$device'],
  [['device', 'operating_system'], '$os'],
  [['device', 'operating_system_version'], '$osVersion'],
  [['device', 'language'], '$locale'],
  [['geo', 'region'], '$region'],
  [['geo', 'city'], '$city'],
  [['geo', 'country'], '$country'],
  [['app_info', 'version'], 'app_version'],
];

/** `collected_traffic_source.…`: since 2023, in the place of parameters. */
const collected: readonly (readonly [field: string, name: string])[] = [
  ['manual_source', '$utmSource'],
  ['manual_medium', '$utmMedium'],
  ['manual_campaign_name', '$utmCampaign'],
  ['manual_term', '$utmTerm'],
  ['manual_content', '$utmContent'],
  ['gclid', 'gclid'],
];

/** A row of `events_*` in BigQuery. Rows have no id: the content stands for it. */
export function ofGa4(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  const properties = context.properties;
  let session = '';
  const params: unknown[] = Array.isArray(value['event_params']) ? value['event_params'] : [];
  for (const param of params) {
    if (!isObject(param)) continue;
    const key = textAt(param, 'key');
    const found = valueOf(param['value']);
    if (key === 'ga_session_id') session = sessionOf(found);
    else properties.add(parameters[key] ?? key, found, `event_params.${key}`);
  }
  for (const [[outer, inner], name] of paths) {
    const object = value[outer];
    if (isObject(object)) properties.add(name, textAt(object, inner), `${outer}.${inner}`);
  }
  addDevice(value, properties);
  addCampaign(value['collected_traffic_source'], properties);
  properties.add('ecommerce', value['ecommerce'], 'ecommerce');
  properties.add('items', itemsOf(value['items']), 'items');
  properties.add('platform_of_stream', textAt(value, 'platform'), 'platform');
  for (const field of ['event_bundle_sequence_id', 'batch_event_index', 'batch_ordering_id', 'batch_page_id'])
    properties.add(`ga4.${field}`, textAt(value, field), field);
  const pseudonym = textAt(value, 'user_pseudo_id');
  const person = textAt(value, 'user_id');
  return context.event({
    kind: textAt(value, 'event_name'),
    kindField: 'event_name',
    time: microseconds(value['event_timestamp']),
    timeField: 'event_timestamp',
    distinctId: person || pseudonym,
    distinctIdField: person ? 'user_id' : 'user_pseudo_id',
    sessionId: session && `${pseudonym}:${session}`,
    properties,
  });
}

function addDevice(value: Record<string, unknown>, properties: LineContext['properties']): void {
  const { device } = value;
  if (!isObject(device)) return;
  const web = isObject(device['web_info']) ? device['web_info'] : {};
  properties.add('$browser', textAt(web, 'browser') || textAt(device, 'browser'), 'device.browser');
  const version = textAt(web, 'browser_version') || textAt(device, 'browser_version');
  properties.add('$browserVersion', version, 'device.browser_version');
}

function addCampaign(source: unknown, properties: LineContext['properties']): void {
  if (!isObject(source)) return;
  for (const [field, name] of collected)
    if (!properties.values.has(name))
      properties.add(name, textAt(source, field), `collected_traffic_source.${field}`);
}

/** Most events have an empty list. */
function itemsOf(items: unknown): unknown {
  return Array.isArray(items) && items.length > 0 ? items : undefined;
}

/** Numbers come as text: BigQuery writes 64-bit integers so. */
function valueOf(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { string_value: text, int_value: whole, float_value: float, double_value: double } = value;
  if (text !== undefined && text !== null) return text;
  if (typeof whole === 'string' && /^-?\d{1,18}$/.test(whole)) return BigInt(whole);
  return whole ?? double ?? float;
}

function sessionOf(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : '';
}

function microseconds(value: unknown): unknown {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /^\d{1,17}$/.test(text) ? new Date(Math.floor(Number(text) / 1_000)) : value;
}
