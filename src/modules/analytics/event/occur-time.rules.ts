import type { DropReason } from './accepted-batch.js';

const DAY_MS = 86_400_000;

/** More than one day ahead of now: the clock of the client is wrong. */
export function isAhead(occurTime: number, now: Date): boolean {
  return occurTime > now.getTime() + DAY_MS;
}

/** Why an event of that time is not kept, if it is not. `retentionDays`: null for a project that keeps all events. */
export function refuseOccurTime(
  occurTime: number,
  now: Date,
  retentionDays: number | null,
): Extract<DropReason, 'future_occur_time' | 'too_old'> | undefined {
  if (isAhead(occurTime, now)) return 'future_occur_time';
  // Days of the analytics store begin with 1970.
  const first = retentionDays === null ? 0 : Math.max(0, now.getTime() - retentionDays * DAY_MS);
  return occurTime < first ? 'too_old' : undefined;
}

/**
 * The UTC day of a cookieless event, `YYYY-MM-DD`; undefined when it is neither today nor yesterday: the salts of other
 * days are forgotten, or do not exist yet.
 */
export function cookielessDay(occurTime: number, now: Date): string | undefined {
  const day = dayOf(occurTime);
  return day === dayOf(now.getTime()) || day === dayOf(now.getTime() - DAY_MS) ? day : undefined;
}

/** The first day whose salt is kept. */
export function firstCookielessDay(now: Date): string {
  return dayOf(now.getTime() - DAY_MS);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
