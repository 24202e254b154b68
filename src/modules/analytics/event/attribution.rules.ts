import { channelOf } from './channel.rules.js';

/** What an event says about where it happened and by what the visitor came; empty: it does not say. */
export interface Origin {
  readonly url: string;
  readonly referrer: string;
  readonly hostname: string;
  readonly utmSource: string;
  readonly utmMedium: string;
  readonly utmCampaign: string;
  readonly utmTerm: string;
  readonly utmContent: string;
}

/** What follows from it; empty: nothing. `channel` is told only where the URL is that of a page. */
export interface Attribution {
  readonly pathname: string;
  readonly hostname: string;
  readonly referrerDomain: string;
  readonly channel: string;
  readonly utmSource: string;
  readonly utmMedium: string;
  readonly utmCampaign: string;
  readonly utmTerm: string;
  readonly utmContent: string;
}

/** What the event says itself wins over what its URL says, except for the domain of the referrer and the channel. */
export function attributionOf(origin: Origin): Attribution {
  const page = pageOf(origin.url);
  const query = page?.search.includes('utm_') ? page.searchParams : undefined;
  const utm = (given: string, name: string): string => given || (query?.get(name) ?? '');
  const values = {
    utmSource: utm(origin.utmSource, 'utm_source'),
    utmMedium: utm(origin.utmMedium, 'utm_medium'),
    utmCampaign: utm(origin.utmCampaign, 'utm_campaign'),
    utmTerm: utm(origin.utmTerm, 'utm_term'),
    utmContent: utm(origin.utmContent, 'utm_content'),
  };
  const host = page ? hostOf(page) : '';
  const referrerHost = hostOfText(origin.referrer);
  const own = withoutWww(host || origin.hostname.toLowerCase());
  const referrerDomain = withoutWww(referrerHost) === own ? '' : withoutWww(referrerHost);
  const visit = {
    ...values,
    hasUtm: Object.values(values).some((value) => value !== ''),
    referrerDomain,
    hasUnreadableReferrer: origin.referrer !== '' && referrerHost === '',
  };
  return {
    ...values,
    pathname: page ? decoded(page.pathname) || '/' : '',
    hostname: origin.hostname || host,
    referrerDomain,
    channel: page ? channelOf(visit) : '',
  };
}

/** An http or https URL with a host. */
function pageOf(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  return URL.parse(text) ?? undefined;
}

/** Lowercase, without port and brackets; empty when the text is no URL or has no host. */
function hostOfText(text: string): string {
  if (!text.includes('://')) return '';
  const url = URL.parse(text);
  return url ? hostOf(url) : '';
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function withoutWww(host: string): string {
  return host.startsWith('www.') ? host.slice(4) : host;
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
