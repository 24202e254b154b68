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
  $device: '$device',
  $current_url: '$url',
  $referrer: '$referrer',
  $city: '$city',
  $region: '$region',
  mp_country_code: '$country',
  $country_code: '$country',
  $screen_width: '$screenWidth',
  $screen_height: '$screenHeight',
  $locale: '$locale',
  current_page_title: '$pageTitle',
};
const leftOut = [
  'time',
  'distinct_id',
  '$insert_id',
  'token',
  '$ip',
  'ip',
  'mp_processing_time_ms',
  '$mp_api_endpoint',
];
const nameOf = renamed(names, leftOut);
const kinds: Readonly<Record<string, string>> = { $mp_web_page_view: 'page_view' };

/** `{"event": …, "properties": {"time": …, "distinct_id": …}}` of the raw export, `{"$distinct_id": …, "$properties": {…}}` of Engage. */
export function ofMixpanel(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  if (Object.hasOwn(value, '$distinct_id'))
    return personOf(textAt(value, '$distinct_id'), '$distinct_id', value['$properties']);
  const { properties: sent } = value;
  if (!isObject(sent)) throw new LineError('properties', 'is missing');
  const properties = context.properties;
  properties.addAll(sent, 'properties', nameOf);
  const kind = textAt(value, 'event');
  const eventId = textAt(sent, '$insert_id');
  const distinctId = textAt(sent, 'distinct_id');
  return context.event({
    kind: kinds[kind] ?? kind,
    kindField: 'event',
    time: sent['time'],
    timeField: 'properties.time',
    distinctId,
    distinctIdField: 'properties.distinct_id',
    // An insert id is unique for one person and name only.
    eventId: eventId && `${distinctId}\0${kind}\0${eventId}`,
    properties,
  });
}
