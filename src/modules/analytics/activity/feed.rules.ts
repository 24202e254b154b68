const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Days of a heatmap before today, unless a range is given. */
const HEATMAP_DAYS = 60;
/** By how much a page shrinks whose events are too wide. */
const SHRINK = 8;

/**
 * How far back the newest events are looked for, first step first, in milliseconds: a busy project has a page of them in its
 * last hour, and reads no older ones. Then everything.
 */
export const reaches: readonly number[] = [HOUR_MS, DAY_MS, 30 * DAY_MS, Infinity];

/** With more conditions than this, reading a statement costs the engine more than its answer. */
const MANY_CONDITIONS = 100;

/** The step to begin with. A person rarely has a page of events in an hour. */
export function firstReach(conditions: number, isOfPerson: boolean): number {
  if (conditions > MANY_CONDITIONS) return reaches.length - 1;
  return isOfPerson ? 1 : 0;
}

interface Bounds {
  /** Milliseconds; the range that was asked for, and the place where the page begins. */
  readonly from?: number;
  readonly to?: number;
  readonly after?: number;
  readonly now: number;
  /** When the person of the feed was seen. */
  readonly firstSeen?: number;
  readonly lastSeen?: number;
}

/** From when on events are looked for, in milliseconds; undefined: in the whole range, so that there is no further step. */
export function sinceOf(
  reach: number,
  { from, to, after, now, firstSeen, lastSeen }: Bounds,
): number | undefined {
  const latest = Math.min(now, to ?? Infinity, after ?? Infinity, lastSeen ?? Infinity);
  const since = latest - (reaches[reach] ?? Infinity);
  return since > Math.max(from ?? -Infinity, firstSeen ?? -Infinity) ? since : undefined;
}

/** The size of the page to try after one that was too large for the analytics store; undefined: give up. */
export function fewerEvents(pageSize: number): number | undefined {
  return pageSize === 1 ? undefined : Math.max(1, Math.floor(pageSize / SHRINK));
}

/** The engine's codes of an answer that is too long, or takes too much memory. */
const tooLarge: ReadonlySet<unknown> = new Set(['173', '241', '396']);

/** Whether a statement failed because its rows are too wide. */
export function needsFewer(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return tooLarge.has(cause?.code);
}

/** The midnight, in UTC, at which the first day of a heatmap begins. */
export function firstDay(now: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS - HEATMAP_DAYS * DAY_MS;
}
