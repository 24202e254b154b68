import { type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import type { Granularity, Window } from './insight-query.js';
import { type OffsetPeriod, offsetPeriods } from './zone-offsets.js';

const UNITS_MS = { minute: 60_000, hour: 3_600_000 } as const;
const DAY_MS = 86_400_000;
/** Zones are at most 16 hours away from UTC; a date is looked for this far around the same date in UTC. */
const MARGIN_MS = 2 * DAY_MS;
/** Far more than the ranges that the contracts allow. */
const MAX_BUCKETS = 20_000;

/**
 * The instant at which the bucket of `instant` begins in the zone.
 *
 * - A day begins at the first instant of its date, even where midnight is skipped (clocks go from 24:00 to 1:00). An hour
 *   that is repeated before midnight belongs to the date on which it happened first.
 * - An hour begins when the clock strikes it, and when a change of the clock leads into the middle of another hour. The
 *   repeated hour of autumn is a second bucket; half an hour that is repeated prolongs its hour (Lord Howe).
 * - Weeks begin on Sunday.
 */
export function bucketStart(instant: number, zone: string, granularity: Granularity): number {
  if (granularity === 'minute' || granularity === 'hour')
    return clockStart(instant, zone, UNITS_MS[granularity]);
  return dateStart(instant, zone, granularity);
}

/** The starts of all buckets that overlap the window, ascending; the first may lie before the window. */
export function bucketsOf(window: Window, zone: string, granularity: Granularity): readonly number[] {
  const starts: number[] = [];
  let start = bucketStart(window.from, zone, granularity);
  while (start < window.to) {
    if (starts.length === MAX_BUCKETS) throw new RangeError(`The window has over ${MAX_BUCKETS} buckets.`);
    starts.push(start);
    start = nextStart(start, zone, granularity);
  }
  return starts;
}

/**
 * The start of the bucket that a time of the engine lies in, as Int64 milliseconds. The buckets are computed here and
 * looked up there, because the engine's own functions answer dates for weeks and months, know other hours around changes
 * of the clock, and may have another edition of the time zone database.
 */
export function bucketExpression(time: Fragment, starts: readonly number[]): Fragment {
  return bucketOfMilliseconds(sql`toUnixTimestamp64Milli(${time})`, starts);
}

/** The same for Int64 milliseconds. An empty window, of a range between two milliseconds, has no events to look up. */
export function bucketOfMilliseconds(milliseconds: Fragment, starts: readonly number[]): Fragment {
  return sql`roundDown(${milliseconds}, ${value(starts.length === 0 ? [0] : starts, 'Array(Int64)')})`;
}

function nextStart(start: number, zone: string, granularity: Granularity): number {
  if (granularity === 'minute' || granularity === 'hour')
    return nextClockStart(start, zone, UNITS_MS[granularity]);
  let date = calendarDate(start, zone);
  let next: number;
  do {
    date = nextDate(date, granularity);
    next = firstInstantOf(date, zone);
  } while (next <= start);
  return next;
}

function clockStart(instant: number, zone: string, unit: number): number {
  const periods = offsetPeriods(zone, instant - MARGIN_MS, instant);
  let at = instant;
  for (let index = periods.length - 1; ; index--) {
    const period = periodAt(periods, index);
    const start = floor(at + period.offset, unit) - period.offset;
    if (start >= period.from) return start;
    const before = periodAt(periods, index - 1);
    if (leadsIntoAnother(before, period, unit)) return period.from;
    at = period.from - 1;
  }
}

function nextClockStart(start: number, zone: string, unit: number): number {
  const periods = offsetPeriods(zone, start, start + MARGIN_MS);
  let at = start;
  for (let index = 0; ; index++) {
    const period = periodAt(periods, index);
    const next = floor(at + period.offset, unit) + unit - period.offset;
    if (next < period.to) return next;
    const after = periodAt(periods, index + 1);
    const strikes = floor(after.from + after.offset, unit) === after.from + after.offset;
    if (strikes || leadsIntoAnother(period, after, unit)) return after.from;
    at = after.from;
  }
}

/** Whether the change between two periods leads from one hour (or minute) of the clock into another. */
function leadsIntoAnother(before: OffsetPeriod, after: OffsetPeriod, unit: number): boolean {
  return floor(after.from - 1 + before.offset, unit) !== floor(after.from + after.offset, unit);
}

function dateStart(instant: number, zone: string, granularity: 'day' | 'week' | 'month'): number {
  return firstInstantOf(firstDate(calendarDate(instant, zone), granularity), zone);
}

/**
 * The date of an instant in the zone, as milliseconds of its midnight in UTC. A date that has begun never ends before the next one
 * begins.
 */
export function calendarDate(instant: number, zone: string): number {
  const [period] = offsetPeriods(zone, instant, instant);
  if (!period) throw new Error('Every instant lies in a period.');
  const date = floor(instant + period.offset, DAY_MS);
  return firstInstantOf(date + DAY_MS, zone) <= instant ? date + DAY_MS : date;
}

/** The first instant in the zone of such a date. */
export function firstInstantOf(date: number, zone: string): number {
  for (const period of offsetPeriods(zone, date - MARGIN_MS, date + MARGIN_MS)) {
    const start = Math.max(period.from, date - period.offset);
    if (start < period.to) return start;
  }
  throw new Error('Every date begins within two days of the same date in UTC.');
}

function firstDate(date: number, granularity: 'day' | 'week' | 'month'): number {
  const { year, month, day, weekday } = partsOf(date);
  switch (granularity) {
    case 'day':
      return date;
    case 'week':
      return Date.UTC(year, month, day - weekday);
    case 'month':
      return Date.UTC(year, month, 1);
  }
}

function nextDate(date: number, granularity: 'day' | 'week' | 'month'): number {
  const { year, month, day, weekday } = partsOf(date);
  switch (granularity) {
    case 'day':
      return date + DAY_MS;
    case 'week':
      return Date.UTC(year, month, day - weekday + 7);
    case 'month':
      return Date.UTC(year, month + 1, 1);
  }
}

function partsOf(date: number): { year: number; month: number; day: number; weekday: number } {
  const parts = new Date(date);
  return {
    year: parts.getUTCFullYear(),
    month: parts.getUTCMonth(),
    day: parts.getUTCDate(),
    weekday: parts.getUTCDay(),
  };
}

function floor(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

function periodAt(periods: readonly OffsetPeriod[], index: number): OffsetPeriod {
  const period = periods[index];
  if (!period) throw new Error('Within two days of any instant, an hour begins.');
  return period;
}
