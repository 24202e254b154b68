import { statement, type Transaction } from '../database/index.js';
import type { Task } from './task.js';

// Sends no NOTIFY: workers poll once a second.
const postpone = statement(
  'jobs.postpone',
  `update graphile_worker._private_jobs jobs
      set run_at = now() + make_interval(secs => (ready.place + 1) * $3::float8 / 1000), updated_at = now()
     from (
       select id, row_number() over (order by priority, run_at) as place from (
         select id, priority, run_at from graphile_worker._private_jobs
          where task_id in (select id from graphile_worker._private_tasks where identifier = any($1))
            and is_available and run_at <= now() and payload->>'orgId' = $2
          order by priority, run_at limit $4 for update skip locked) locked) ready
    where jobs.id = ready.id`,
);

/**
 * Moves up to `most` due jobs of an organization behind those that are due now, in their order and so many milliseconds
 * apart, so that jobs of other organizations are fetched before them.
 */
export async function postponeJobs(
  tx: Transaction,
  tasks: readonly Task[],
  orgId: string,
  { apartMs, most }: { apartMs: number; most: number },
): Promise<void> {
  await tx.execute(postpone, [tasks.map(({ name }) => name), orgId, apartMs, most]);
}
