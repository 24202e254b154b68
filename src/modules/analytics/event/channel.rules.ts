import { searchSources, socialSources, type SourceList, videoSources } from './channel-sources.js';

/** By what a visitor came. */
export interface Visit {
  /** As in the event or the URL; empty: none. The same for all UTM values. */
  readonly utmSource: string;
  readonly utmMedium: string;
  /** Whether there is any UTM value, also campaign, term or content. */
  readonly hasUtm: boolean;
  /** Host of the referrer; empty: none, or the site itself. */
  readonly referrerDomain: string;
  /** There is a referrer whose host cannot be told. */
  readonly hasUnreadableReferrer: boolean;
}

const displayMedia = new Set(['display', 'banner', 'expandable', 'interstitial', 'cpm']);
const socialMedia = new Set(['social', 'social-network', 'social-media', 'sm']);
const emailNames = new Set(['email', 'e-mail', 'e_mail', 'newsletter']);
const googleDomain = /(?:^|\.)google\.(?:com|cat|[a-z]{2}|com?\.[a-z]{2})$/;

/** The marketing channel of a visit. The first rule that matches wins. */
export function channelOf(visit: Visit): string {
  const source = visit.utmSource.toLowerCase();
  const medium = visit.utmMedium.toLowerCase();
  const { referrerDomain, hasUtm } = visit;
  const isOf = (list: SourceList): boolean => matches(list, source, referrerDomain);
  const isSearch = isOf(searchSources) || isGoogle(source) || isGoogle(referrerDomain);

  if (isPaid(medium)) {
    if (isSearch) return 'Paid Search';
    if (isOf(socialSources)) return 'Paid Social';
    if (isOf(videoSources)) return 'Paid Video';
  }
  if (displayMedia.has(medium)) return 'Display';
  if (isPaid(medium)) return 'Paid Other';
  if (isSearch || medium === 'organic') return 'Organic Search';
  if (isOf(socialSources) || socialMedia.has(medium)) return 'Organic Social';
  if (isOf(videoSources) || medium === 'video') return 'Organic Video';
  if (emailNames.has(source) || emailNames.has(medium)) return 'Email';
  if (medium === 'affiliate') return 'Affiliate';
  if (referrerDomain !== '') return 'Referral';
  if (hasUtm || visit.hasUnreadableReferrer) return 'Unassigned';
  return 'Direct';
}

/** Paid per click, mille, action or view, or called so. */
function isPaid(medium: string): boolean {
  return medium.includes('cp') || medium === 'ppc' || medium === 'retargeting' || medium.startsWith('paid');
}

function matches({ names, domains }: SourceList, source: string, referrerDomain: string): boolean {
  return names.has(source) || isIn(domains, source) || isIn(domains, referrerDomain);
}

/** Whether the host is one of the domains or below one. */
function isIn(domains: ReadonlySet<string>, host: string): boolean {
  if (!host.includes('.')) return false;
  for (let rest = host; ; rest = rest.slice(rest.indexOf('.') + 1)) {
    if (domains.has(rest)) return true;
    if (!rest.includes('.')) return false;
  }
}

function isGoogle(host: string): boolean {
  return googleDomain.test(host);
}
