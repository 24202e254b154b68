import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject, ownName, textAt } from '../properties.js';
import { systemOf } from './own-words.rules.js';

/** Fields of an event beside its properties. */
const fields: Readonly<Record<string, string>> = {
  platform: '$platform',
  device_type: '$device',
  country: '$country',
  region: '$region',
  city: '$city',
  language: '$locale',
};
const ofApps: Readonly<Record<string, string>> = { os_name: '$os', os_version: '$osVersion' };
/** For a page, Amplitude has the browser in the place of the system. */
const ofPages: Readonly<Record<string, string>> = { os_name: '$browser', os_version: '$browserVersion' };
const inProperties: Readonly<Record<string, string>> = {
  '[Amplitude] Page Location': '$url',
  '[Amplitude] Page URL': '$url',
  '[Amplitude] Page Title': '$pageTitle',
  '[Amplitude] Page Path': '$pathname',
  '[Amplitude] Page Domain': '$hostname',
  referrer: '$referrer',
  utm_source: '$utmSource',
  utm_medium: '$utmMedium',
  utm_campaign: '$utmCampaign',
  utm_term: '$utmTerm',
  utm_content: '$utmContent',
};
const kinds: Readonly<Record<string, string>> = { '[Amplitude] Page Viewed': 'page_view' };

/** An event of the Export API. Traits of its `user_properties` are not made a profile: each event has a copy of them. */
export function ofAmplitude(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  const properties = context.properties;
  const isOfPage = textAt(value, 'platform') === 'Web';
  for (const [field, name] of Object.entries({ ...fields, ...(isOfPage ? ofPages : ofApps) }))
    properties.add(name, textAt(value, field), field);
  const system =
    isOfPage && (systemOf(textAt(value, 'device_family')) ?? systemOf(textAt(value, 'device_type')));
  if (system) properties.add('$os', system, 'device_family');
  properties.add('app_version', textAt(value, 'version_name'), 'version_name');
  const { event_properties: sent } = value;
  // The location has the query, which the URL lacks.
  const hasLocation = isObject(sent) && textAt(sent, '[Amplitude] Page Location') !== '';
  properties.addAll(sent, 'event_properties', (name) =>
    hasLocation && name === '[Amplitude] Page URL' ? undefined : (inProperties[name] ?? ownName(name)),
  );
  const kind = textAt(value, 'event_type');
  const session = textAt(value, 'session_id');
  const person = textAt(value, 'user_id');
  const device = textAt(value, 'device_id');
  return context.event({
    kind: kinds[kind] ?? kind,
    kindField: 'event_type',
    time: inUtc(value['event_time']),
    timeField: 'event_time',
    distinctId: person || device,
    distinctIdField: person ? 'user_id' : 'device_id',
    // -1: of no session. Numbers of sessions are times, which devices share.
    sessionId: session === '' || session === '-1' ? '' : `${device}:${session}`,
    eventId: textAt(value, 'uuid') || textAt(value, '$insert_id'),
    properties,
  });
}

/** The times of an export name no zone, and are not of that of the import. */
function inUtc(time: unknown): unknown {
  return typeof time === 'string' && /\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(time) ? `${time}Z` : time;
}
