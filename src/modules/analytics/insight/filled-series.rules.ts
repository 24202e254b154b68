import type { BreakdownKey, TrendsResult } from './insight-result.js';
import type { EventSelector } from './insight-query.js';
import { compareTexts } from './series.js';

type TrendsSeries = TrendsResult['series'][number];

/**
 * With several events, every cell (of a bucket and a value of the breakdown) that one of them has gets a zero in the
 * others; a value that may be among an event's `$others` gets none, for it may not be zero. With one event, or one of any
 * kind, nothing is filled. Filled values come after those that have a rank, in their order.
 */
export function filled(
  events: readonly EventSelector[],
  series: readonly TrendsSeries[],
): readonly TrendsSeries[] {
  if (events.length < 2 || events.some(({ kind }) => kind === '')) return series;
  const cells = cellsOf(series);
  return events.flatMap(({ kind }, event) => {
    const own = series.filter((one) => one.event === event);
    const known = new Set(own.map(({ breakdown }) => keyOf(breakdown)));
    const folds = known.has(keyOf('others'));
    const missing = [...cells.values()]
      .filter(({ breakdown }) => !known.has(keyOf(breakdown)) && !folds)
      .map(({ breakdown }): TrendsSeries => ({ event, kind, breakdown, points: [], total: 0 }))
      .sort((left, right) => compareBreakdowns(left.breakdown, right.breakdown));
    const isOthers = ({ breakdown }: TrendsSeries) => breakdown === 'others';
    return [
      ...own.filter((one) => !isOthers(one)),
      ...missing.filter((one) => !isOthers(one)),
      ...own.filter(isOthers),
      ...missing.filter(isOthers),
    ].map((one) => withZeros(one, cells.get(keyOf(one.breakdown))?.times ?? new Set()));
  });
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

function withZeros(series: TrendsSeries, times: ReadonlySet<number>): TrendsSeries {
  const values = new Map(series.points.map(({ time, value }) => [time, value]));
  const points = [...times]
    .sort((left, right) => left - right)
    .map((time) => ({ time, value: values.get(time) ?? 0 }));
  return { ...series, points };
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
