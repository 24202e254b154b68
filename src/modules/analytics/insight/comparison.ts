import { throwIfTooLong } from './answer-size.js';
import { bucketsOf, bucketStart, calendarDate, firstInstantOf } from './buckets.js';
import { withZeros } from './filled-series.rules.js';
import type { Granularity, InsightQuery, Question, Window } from './insight-query.js';
import type { InsightResult, Point } from './insight-result.js';

/**
 * The window before: it ends where this one begins. A window of whole months in the zone is moved by as many months, one
 * of whole days by as many days, any other by its length.
 */
export function previousWindow({ from, to }: Window, zone: string): Window {
  const isWhole = (granularity: 'day' | 'month') =>
    [from, to].every((edge) => bucketStart(edge, zone, granularity) === edge);
  const [first, last] = [calendarDate(from, zone), calendarDate(to, zone)];
  if (isWhole('month')) return { from: firstInstantOf(monthsBefore(first, last), zone), to: from };
  if (isWhole('day')) return { from: firstInstantOf(first - (last - first), zone), to: from };
  return { from: from - (to - from), to: from };
}

function monthsBefore(first: number, last: number): number {
  const [start, end] = [new Date(first), new Date(last)];
  const months =
    12 * (end.getUTCFullYear() - start.getUTCFullYear()) + end.getUTCMonth() - start.getUTCMonth();
  return start.setUTCMonth(start.getUTCMonth() - months);
}

/**
 * With 0 in the buckets that the answer leaves out, so that the n-th points of two windows belong together. Throws for an
 * answer that is too long.
 */
export function withEveryBucket(query: InsightQuery, result: InsightResult): InsightResult {
  if (query.type === 'trends' && result.type === 'trends')
    return { ...result, series: everyBucket(query, query.granularity, result.series) };
  if (query.type === 'sessions' && query.granularity && result.type === 'sessions')
    return { ...result, series: everyBucket(query, query.granularity, result.series) };
  return result;
}

function everyBucket<Series extends { readonly points: readonly Point[] }>(
  { window, zone }: Question,
  granularity: Granularity,
  series: readonly Series[],
): Series[] {
  const starts = bucketsOf(window, zone, granularity);
  throwIfTooLong(series.length * starts.length);
  return series.map((one) => ({ ...one, points: withZeros(one.points, starts) }));
}
