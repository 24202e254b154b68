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
  $device: '$device',
  $current_url: '$url',
  current_url_path: '$pathname',
  current_domain: '$hostname',
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
/** What is read elsewhere, and notes of its SDKs and servers about the transport. */
const leftOut = [
  'time',
  'distinct_id',
  '$insert_id',
  'token',
  '$ip',
  'ip',
  'mp_processing_time_ms',
  'mp_sent_by_lib_version',
  '$mp_api_endpoint',
  '$mp_api_timestamp_ms',
  '$import',
  '$is_reshuffled',
  '$had_persisted_distinct_id',
];
const nameOf = renamed(names, leftOut);
const kinds: Readonly<Record<string, string>> = { $mp_web_page_view: 'page_view' };

/** `{"event": …, "properties": {"time": …, "distinct_id": …}}` of the raw export, `{"$distinct_id": …, "$properties": {…}}` of Engage. */
export function ofMixpanel(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  if (Object.hasOwn(value, '$distinct_id'))
    return personOf(textAt(value, '$distinct_id'), '$distinct_id', ownTraits(value['$properties']));
  const { properties: sent } = value;
  if (!isObject(sent)) throw new LineError('properties', 'is missing');
  const kind = textAt(value, 'event');
  const identity = identityOf(kind, sent);
  if (identity) return identity;
  const properties = context.properties;
  properties.addAll(sent, 'properties', nameOf);
  const eventId = textAt(sent, '$insert_id');
  const distinctId = textAt(sent, 'distinct_id');
  return context.event({
    kind: kinds[kind] ?? kind,
    kindField: 'event',
    time: context.wallTime(sent['time']),
    timeField: 'properties.time',
    distinctId,
    distinctIdField: 'properties.distinct_id',
    // An insert id is unique for one person and name only.
    eventId: eventId && `${distinctId}\0${kind}\0${eventId}`,
    properties,
  });
}

/** What the events say by which Mixpanel itself joins ids. */
function identityOf(kind: string, sent: Record<string, unknown>): Imported | undefined {
  const joined = (ids: readonly string[], isAlias: boolean): Imported => {
    const [first = '', ...links] = [...new Set(ids.filter(Boolean))];
    return links.length > 0 ? personOf(first, 'properties', {}, { links, isAlias }) : { type: 'skipped' };
  };
  switch (kind) {
    case '$identify':
      return joined([textAt(sent, '$identified_id'), textAt(sent, '$anon_id')], false);
    case '$create_alias':
      return joined([textAt(sent, 'distinct_id'), textAt(sent, 'alias')], true);
    case '$merge': {
      const ids: unknown = sent['$distinct_ids'];
      return joined(Array.isArray(ids) ? ids.map(String) : [], true);
    }
    default:
      return undefined;
  }
}
