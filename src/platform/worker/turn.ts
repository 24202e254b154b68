import type { JobContext } from './job-handler.js';

/** How long a job works before it yields its slot to the jobs that are waiting. */
const TURN_MS = 2_000;

/**
 * Aborted when the worker stops, or when the job has to yield its slot: it finishes the piece at hand, enqueues the next job
 * and returns.
 */
export function untilYield({ signal }: Pick<JobContext, 'signal'>): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(TURN_MS)]);
}
