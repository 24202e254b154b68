const DAY_MS = 86_400_000;
/** After midnight: calls that began before it have ended. */
const SETTLED_MS = 10 * 60_000;
/** How long touches are kept, and how far back an answer reaches. */
const KEPT_DAYS = 90;
/** Rows outlive the answers about them: noise without its count would tell the noise. */
const SPARE_DAYS = 7;

/** `YYYY-MM-DD`, UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The first day on which the store may delete a touch of this day. */
export function expiryOf(day: string): string {
  return dayOf(Date.parse(day) + (KEPT_DAYS + SPARE_DAYS) * DAY_MS);
}

/**
 * The days of which an answer is made: whole days (UTC) in the range, both ends included, that are over and of which nothing
 * is still on its way. Two answers about a day that is not over would differ by exactly the touches in between, whatever the noise.
 *
 * @param range Milliseconds of the epoch; undefined: no bound.
 * @param waitingSince When the oldest touch was received that is not stored yet.
 */
export function closedDays(
  range: { readonly from?: number; readonly to?: number },
  now: number,
  waitingSince?: number,
): string[] {
  const settled = Math.min(now - SETTLED_MS, waitingSince ?? Infinity);
  const last = Math.min(startOf(settled) - DAY_MS, startOf(range.to ?? Infinity));
  const first = Math.max(startOf(now) - KEPT_DAYS * DAY_MS, startOf(range.from ?? -Infinity));
  const days: string[] = [];
  for (let day = first; day <= last; day += DAY_MS) days.push(dayOf(day));
  return days;
}

function startOf(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}
