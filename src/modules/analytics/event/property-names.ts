/** An automatic property that has a separate column in the analytics store, because most questions ask for it. */
export interface PromotedProperty {
  readonly property: string;
  readonly column: string;
  /** `text`: '' is missing. `flag` (nullable Bool) and `score` (nullable UInt8): null is missing. */
  readonly storage: 'text' | 'flag' | 'score';
}

export const promotedProperties = [
  { property: '$bot_score', column: 'bot_score', storage: 'score' },
  { property: '$verified_bot', column: 'verified_bot', storage: 'flag' },
  { property: '$mobile', column: 'mobile', storage: 'flag' },
  { property: '$country', column: 'country', storage: 'text' },
  { property: '$region', column: 'region', storage: 'text' },
  { property: '$city', column: 'city', storage: 'text' },
  { property: '$browser', column: 'browser', storage: 'text' },
  { property: '$browserVersion', column: 'browser_version', storage: 'text' },
  { property: '$os', column: 'os', storage: 'text' },
  { property: '$osVersion', column: 'os_version', storage: 'text' },
  { property: '$device', column: 'device', storage: 'text' },
  { property: '$platform', column: 'platform', storage: 'text' },
  { property: '$url', column: 'url', storage: 'text' },
  { property: '$utmSource', column: 'utm_source', storage: 'text' },
  { property: '$utmMedium', column: 'utm_medium', storage: 'text' },
  { property: '$utmCampaign', column: 'utm_campaign', storage: 'text' },
  { property: '$utmTerm', column: 'utm_term', storage: 'text' },
  { property: '$utmContent', column: 'utm_content', storage: 'text' },
  { property: '$pathname', column: 'pathname', storage: 'text' },
  { property: '$hostname', column: 'hostname', storage: 'text' },
  { property: '$referrer', column: 'referrer', storage: 'text' },
  { property: '$referrerDomain', column: 'referrer_domain', storage: 'text' },
  { property: '$channel', column: 'channel', storage: 'text' },
  { property: '$locale', column: 'locale', storage: 'text' },
  { property: '$screenSize', column: 'screen_size', storage: 'text' },
  { property: '$pageTitle', column: 'page_title', storage: 'text' },
] as const satisfies readonly PromotedProperty[];

export type PromotedColumn = (typeof promotedProperties)[number]['column'];

const promotedByName: ReadonlyMap<string, (typeof promotedProperties)[number]> = new Map(
  promotedProperties.map((promoted) => [promoted.property, promoted]),
);

/** The column of an automatic property, by its stored name. */
export function promotedProperty(name: string): (typeof promotedProperties)[number] | undefined {
  return promotedByName.get(name);
}

/** What the documented contract (`events.v1`, `insights.v1`) calls the properties that are stored under another name. */
export const documentedNames: ReadonlyMap<string, string> = new Map([
  ['$geo.country', '$country'],
  ['$geo.region', '$region'],
  ['$geo.city', '$city'],
  ['$utm_source', '$utmSource'],
  ['$utm_medium', '$utmMedium'],
  ['$utm_campaign', '$utmCampaign'],
  ['$utm_term', '$utmTerm'],
  ['$utm_content', '$utmContent'],
  ['$title', '$pageTitle'],
  ['$screen', '$screenSize'],
  ['$botScore', '$bot_score'],
]);

const namesInDocuments: ReadonlyMap<string, string> = new Map(
  [...documentedNames].map(([documented, stored]) => [stored, documented]),
);

/** The stored name of a property that a caller of the documented contract names, in an event or a question. */
export function storedName(documented: string): string {
  return documentedNames.get(documented) ?? documented;
}

/** The name under which the documented contract shows a stored property. */
export function documentedName(stored: string): string {
  return namesInDocuments.get(stored) ?? stored;
}
