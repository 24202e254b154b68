/** Fewer people could be told apart. */
const FEWEST_COHORTS = 5;

/** A cohort on a screen: its bucket, under the salt that was made at a time. */
export type SeenCohort = readonly [saltedAt: number, bucket: number];

/**
 * Whether enough cohorts were on the screen. Only buckets of one salt are counted together: a new salt puts the same person
 * into another bucket.
 */
export function areEnough(seen: Iterable<SeenCohort>): boolean {
  const bySalt = new Map<number, Set<number>>();
  for (const [saltedAt, bucket] of seen) {
    const buckets = bySalt.get(saltedAt) ?? new Set();
    bySalt.set(saltedAt, buckets.add(bucket));
  }
  return [...bySalt.values()].some(({ size }) => size >= FEWEST_COHORTS);
}

/** The median of a list that is not empty; sorts it. */
export function medianOf(values: Float64Array): number {
  values.sort();
  const middle = values.length >> 1;
  const upper = values[middle] ?? 0;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? 0) + upper) / 2;
}
