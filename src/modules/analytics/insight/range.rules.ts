import type { FieldViolation } from '../../../platform/errors/index.js';
import type { Granularity, Window } from './insight-query.js';

const HOUR_MS = 3_600_000;
/** The first millisecond that a timestamp of the wire can say: the year 1. */
const FIRST_MS = -62_135_596_800_000;

const maximumHours: Readonly<Record<Granularity, number>> = {
  minute: 6,
  hour: 336,
  day: 8_760,
  week: 35_064,
  month: 87_660,
};

/** The bounds that `shared.insights.v1.QueryRequest` states. */
export function violationsOfRange(
  { from, to }: Window,
  granularity: Granularity,
  field: string,
): FieldViolation[] {
  const hours = maximumHours[granularity];
  if (to - from <= hours * HOUR_MS) return [];
  return [{ field, description: `must not exceed ${hours} hours for this granularity` }];
}

/** A comparison with what lies before the year 1. */
export function violationsOfPrevious({ from }: Window): FieldViolation[] {
  if (from >= FIRST_MS) return [];
  return [{ field: 'previous_period', description: 'would begin before the year 1; send a time_range' }];
}
