import { AppError } from '../../../platform/errors/index.js';

/** Values of buckets, and cohorts, that an answer has at most: a few megabytes. */
export const MOST_POINTS = 100_000;

/** An answer that is too long to be held and sent is refused. */
export function throwIfTooLong(points: number): void {
  if (points <= MOST_POINTS) return;
  const message = `The answer has over ${MOST_POINTS} points. Ask about a shorter time, larger buckets, fewer events, or fewer values of a breakdown.`;
  const quota = { subject: 'analytics', description: message };
  throw new AppError('resource_exhausted', 'ANALYTICS_QUERY_TOO_LARGE', message, { quota });
}
