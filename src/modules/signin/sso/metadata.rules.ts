import type { StoredCertificate, StoredIdp } from './connection.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How often metadata is fetched where its provider does not say. */
const USUAL_MS = 6 * HOUR;
const SHORTEST_MS = HOUR;
const LONGEST_MS = DAY;
/** After a fetch that came to nothing. */
const RETRY_MS = HOUR;

/** Days before its end at which a certificate is warned about. */
const WARNINGS = [30, 7, 1];

/** When to fetch metadata next: as the provider says, within bounds, and well before it ends. */
export function nextFetchAfter(idp: Pick<StoredIdp, 'cacheDurationMs' | 'validUntil'>, now: Date): Date {
  const wished = Math.min(Math.max(idp.cacheDurationMs ?? USUAL_MS, SHORTEST_MS), LONGEST_MS);
  const left = idp.validUntil ? new Date(idp.validUntil).getTime() - now.getTime() : Infinity;
  return new Date(now.getTime() + Math.max(Math.min(wished, left / 2), SHORTEST_MS / 4));
}

export function retryAfter(now: Date): Date {
  return new Date(now.getTime() + RETRY_MS);
}

/** What a provider changed about itself, for the trail; empty when nothing. */
export function differences(before: StoredIdp, after: StoredIdp): Record<string, string> {
  const added = without(after.certificates, before.certificates);
  const removed = without(before.certificates, after.certificates);
  return Object.fromEntries(
    [
      ['certificates_added', added.join(' ')],
      ['certificates_removed', removed.join(' ')],
      ['sso_url', changed(ssoUrl(before), ssoUrl(after))],
      ['slo_url', changed(sloUrl(before), sloUrl(after))],
      ['valid_until', changed(before.validUntil, after.validUntil)],
    ].filter(([, value]) => value !== '') as [string, string][],
  );
}

/** Why valid metadata does not replace the current one. */
export function refuseTakeover(before: StoredIdp | null, after: StoredIdp, now: Date): string | undefined {
  if (before && before.entityId.trim() !== after.entityId.trim()) {
    return `The metadata now describes ${after.entityId} instead of ${before.entityId}.`;
  }
  if (after.validUntil && new Date(after.validUntil) <= now) {
    return `The metadata expired at ${after.validUntil}.`;
  }
  return undefined;
}

export interface ExpiryWarning {
  /** SHA-256 of the certificate, in hexadecimal. */
  fingerprint: string;
  notAfter: Date;
  /** 30, 7 or 1. */
  days: number;
}

/** The warning that is due: only when the last certificate ends do logins, too. */
export function warningDue(
  idp: Pick<StoredIdp, 'certificates'>,
  warned: Readonly<Record<string, number>>,
  now: Date,
): ExpiryWarning | undefined {
  const last = idp.certificates.reduce<StoredCertificate | undefined>(
    (latest, one) => (latest && new Date(latest.notAfter) >= new Date(one.notAfter) ? latest : one),
    undefined,
  );
  if (!last) return undefined;
  const daysLeft = (new Date(last.notAfter).getTime() - now.getTime()) / DAY;
  const days = WARNINGS.filter((threshold) => daysLeft <= threshold).at(-1);
  if (days === undefined || (warned[last.fingerprint] ?? Infinity) <= days) return undefined;
  return { fingerprint: last.fingerprint, notAfter: new Date(last.notAfter), days };
}

function without(all: readonly StoredCertificate[], known: readonly StoredCertificate[]): string[] {
  const there = new Set(known.map(({ fingerprint }) => fingerprint));
  return all.map(({ fingerprint }) => fingerprint).filter((fingerprint) => !there.has(fingerprint));
}

function ssoUrl(idp: StoredIdp): string {
  return idp.ssoRedirectUrl ?? idp.ssoPostUrl ?? '';
}

function sloUrl(idp: StoredIdp): string {
  return idp.sloRedirectUrl ?? idp.sloPostUrl ?? '';
}

function changed(before = '', after = ''): string {
  return before === after ? '' : `${before || 'none'} → ${after || 'none'}`;
}
