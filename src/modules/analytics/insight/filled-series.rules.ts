import { throwIfTooLong } from './answer-size.js';
import { bucketsOf } from './buckets.js';
import type { EventSelector, RetentionQuery } from './insight-query.js';
import type { BreakdownKey, Point, RetentionResult, TrendsResult } from './insight-result.js';
import { compareTexts } from './series.js';

type TrendsSeries = TrendsResult['series'][number];

/**
 * With several events, every cell (of a bucket and a value of the breakdown) that one of them has gets a zero in the
 * others; a value that may be among an event's `$others` gets none, for it may not be zero. With one event, or one of any
 * kind, nothing is filled. Filled values come after those that have a rank, in their order. Throws for an answer that is
 * too long.
 */
export function filled(
  events: readonly EventSelector[],
  series: readonly TrendsSeries[],
): readonly TrendsSeries[] {
  if (events.length < 2 || events.some(({ kind }) => kind === '')) return series;
  const cells = cellsOf(series);
  const timesOf = ({ breakdown }: TrendsSeries) => cells.get(keyOf(breakdown))?.times ?? new Set<number>();
  let length = 0;
  return events.flatMap(({ kind }, event) => {
    const own = series.filter((one) => one.event === event);
    const known = new Set(own.map(({ breakdown }) => keyOf(breakdown)));
    const folds = known.has(keyOf('others'));
    const missing = [...cells.values()]
      .filter(({ breakdown }) => !known.has(keyOf(breakdown)) && !folds)
      .map(({ breakdown }): TrendsSeries => ({ event, kind, breakdown, points: [], total: 0 }))
      .sort((left, right) => compareBreakdowns(left.breakdown, right.breakdown));
    const isOthers = ({ breakdown }: TrendsSeries) => breakdown === 'others';
    const all = [
      ...own.filter((one) => !isOthers(one)),
      ...missing.filter((one) => !isOthers(one)),
      ...own.filter(isOthers),
      ...missing.filter(isOthers),
    ];
    length = all.reduce((points, one) => points + timesOf(one).size, length);
    throwIfTooLong(length);
    return all.map((one) => ({ ...one, points: withZeros(one.points, sorted(timesOf(one))) }));
  });
}

/** Cohorts with a point for each bucket from their own to the end of the window. Throws for an answer that is too long. */
export function filledCohorts(query: RetentionQuery, { series }: RetentionResult): RetentionResult['series'] {
  const starts = bucketsOf(query.window, query.zone, query.granularity);
  const from = new Map(starts.map((start, index) => [start, index]));
  const bucketsFrom = (time: number) => starts.slice(from.get(time) ?? 0);
  const lengths = series.flatMap(({ cohorts }) =>
    cohorts.map(({ time }) => starts.length - (from.get(time) ?? 0)),
  );
  throwIfTooLong(lengths.reduce((sum, length) => sum + length, 0));
  return series.map(({ breakdown, cohorts }) => ({
    breakdown,
    cohorts: cohorts.map((cohort) => ({
      ...cohort,
      points: withZeros(cohort.points, bucketsFrom(cohort.time)),
    })),
  }));
}

/** A point for each time, in their order: 0 where there was none. */
export function withZeros(points: readonly Point[], times: readonly number[]): Point[] {
  const values = new Map(points.map(({ time, value }) => [time, value]));
  return times.map((time) => ({ time, value: values.get(time) ?? 0 }));
}

interface Cells {
  readonly breakdown: BreakdownKey;
  readonly times: Set<number>;
}

function cellsOf(series: readonly TrendsSeries[]): Map<string, Cells> {
  const cells = new Map<string, Cells>();
  for (const { breakdown, points } of series) {
    const known = cells.get(keyOf(breakdown)) ?? { breakdown, times: new Set<number>() };
    for (const { time } of points) known.times.add(time);
    cells.set(keyOf(breakdown), known);
  }
  return cells;
}

function sorted(times: ReadonlySet<number>): number[] {
  return [...times].sort((left, right) => left - right);
}

function keyOf(breakdown: BreakdownKey): string {
  return JSON.stringify(breakdown);
}

/** By the values in their order, others last. */
export function compareBreakdowns(left: BreakdownKey, right: BreakdownKey): number {
  if (left === 'others' || right === 'others') return Number(left === 'others') - Number(right === 'others');
  for (const [index, text] of left.entries()) {
    const order = compareTexts(text, right[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}
