import { type Attribution, attributionOf, type Origin } from './attribution.rules.js';
import type { PropertyValue } from './event-record.js';
import { normalizedLocale } from './locale.rules.js';
import { numberOf, textOf } from './property-text.rules.js';

/** What is known of the client of a request, and holds for each of its events. */
export interface ClientFacts {
  /** Replace what the event says. */
  readonly certain: ReadonlyMap<string, PropertyValue>;
  /** Added where the event says nothing. */
  readonly assumed: ReadonlyMap<string, PropertyValue>;
}

/** Properties that a caller may not set; `$ip` is stored in no form. */
const serverOnly = ['$ip', '$bot_score', '$verified_bot', '$referrerDomain', '$channel'];

/** Events of one request mostly happen on the same few pages. */
export type KnownAttributions = Map<string, Attribution>;

/** Adds to the properties of an event what follows from its client and from themselves. */
export function enrich(
  properties: Map<string, PropertyValue>,
  facts: ClientFacts,
  known: KnownAttributions,
): void {
  for (const name of serverOnly) properties.delete(name);
  for (const [name, value] of facts.certain) properties.set(name, value);
  for (const [name, value] of facts.assumed) if (!properties.has(name)) properties.set(name, value);
  normalizeLocale(properties);
  addScreenSize(properties);
  addAttribution(properties, known);
}

function normalizeLocale(properties: Map<string, PropertyValue>): void {
  const locale = properties.get('$locale');
  if (locale?.type !== 'string') return;
  const value = normalizedLocale(locale.value);
  if (value === '') properties.delete('$locale');
  else if (value !== locale.value) properties.set('$locale', { type: 'string', value });
}

function addScreenSize(properties: Map<string, PropertyValue>): void {
  if (properties.has('$screenSize')) return;
  const width = pixels(properties.get('$screenWidth'));
  const height = pixels(properties.get('$screenHeight'));
  if (width !== '' && height !== '')
    properties.set('$screenSize', { type: 'string', value: `${width}x${height}` });
}

/** The text of a positive number; empty for all else. */
function pixels(value: PropertyValue | undefined): string {
  if (value?.type !== 'integer' && value?.type !== 'double') return '';
  return (numberOf(value) ?? 0) > 0 ? textOf(value) : '';
}

const origins = {
  url: '$url',
  referrer: '$referrer',
  hostname: '$hostname',
  utmSource: '$utmSource',
  utmMedium: '$utmMedium',
  utmCampaign: '$utmCampaign',
  utmTerm: '$utmTerm',
  utmContent: '$utmContent',
} as const satisfies Record<keyof Origin, string>;

/** Names of what is only added where the event lacks it, and of what replaces it. */
const additions: readonly (readonly [keyof Attribution, string])[] = [
  ['pathname', '$pathname'],
  ['hostname', '$hostname'],
  ['utmSource', '$utmSource'],
  ['utmMedium', '$utmMedium'],
  ['utmCampaign', '$utmCampaign'],
  ['utmTerm', '$utmTerm'],
  ['utmContent', '$utmContent'],
  ['referrerDomain', '$referrerDomain'],
  ['channel', '$channel'],
];

function addAttribution(properties: Map<string, PropertyValue>, known: KnownAttributions): void {
  const url = textAt(properties, origins.url);
  const referrer = textAt(properties, origins.referrer);
  if (url === '' && referrer === '') return;
  const origin: Origin = {
    url,
    referrer,
    hostname: textAt(properties, origins.hostname),
    utmSource: textAt(properties, origins.utmSource),
    utmMedium: textAt(properties, origins.utmMedium),
    utmCampaign: textAt(properties, origins.utmCampaign),
    utmTerm: textAt(properties, origins.utmTerm),
    utmContent: textAt(properties, origins.utmContent),
  };
  const key = Object.values(origin).join('\0');
  let attribution = known.get(key);
  if (!attribution) known.set(key, (attribution = attributionOf(origin)));
  for (const [field, name] of additions) {
    const value = attribution[field];
    if (value !== '' && textAt(properties, name) === '') properties.set(name, { type: 'string', value });
  }
}

/** The text of a string property; empty when it is missing or was sent as something else. */
function textAt(properties: ReadonlyMap<string, PropertyValue>, name: string): string {
  const value = properties.get(name);
  return value?.type === 'string' ? value.value : '';
}
