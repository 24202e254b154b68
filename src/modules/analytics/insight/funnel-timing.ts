import { type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import type { StepTiming } from './insight-result.js';

const SECOND = 1000;
/** Where the ranges of the distribution begin. */
const LOWER_BOUNDS = [0, 30, 120, 300, 900, 3600, 21_600, 86_400].map((seconds) => seconds * SECOND);
const NO_UPPER_BOUND = Number.MAX_SAFE_INTEGER;

/** A tuple in JSON. */
export type TimingRow = readonly [
  average: number,
  median: number,
  p95: number,
  distribution: readonly number[],
];

/** A TimingRow of the times, an ascending array of Int64; zeros when it is empty. The 95th percentile is a nearest rank. */
export function timingOf(times: Fragment): Fragment {
  const count = sql`length(${times})`;
  return sql`tuple(
    if(empty(${times}), 0, arraySum(${times}) / ${count}),
    (arrayElement(${times}, intDiv(${count} + 1, 2)) + arrayElement(${times}, intDiv(${count} + 2, 2))) / 2,
    toFloat64(arrayElement(${times}, intDiv(95 * ${count} + 99, 100))),
    arrayMap((low, high) -> toFloat64(arrayCount(time -> time >= low AND time < high, ${times})),
      ${value(LOWER_BOUNDS, 'Array(Int64)')}, ${value([...LOWER_BOUNDS.slice(1), NO_UPPER_BOUND], 'Array(Int64)')}))`;
}

export function stepTiming([average, median, p95, distribution]: TimingRow): StepTiming {
  return { average, median, p95, distribution };
}
