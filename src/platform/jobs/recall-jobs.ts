import { statement, type Transaction } from '../database/index.js';
import type { Task } from './task.js';

// Sends no NOTIFY: workers poll once a second.
const recall = statement(
  'jobs.recall',
  `update graphile_worker._private_jobs set run_at = now(), updated_at = now()
    where id = any(array(
      select id from graphile_worker._private_jobs
       where task_id = (select id from graphile_worker._private_tasks where identifier = $1)
         and locked_at is null and attempts = 0 and run_at > now()
         and updated_at < now() - make_interval(secs => $2)
       order by updated_at limit $3 for update skip locked))`,
);

/**
 * Makes up to `most` scheduled jobs run now: those that were enqueued at least so many seconds ago, the oldest first. One
 * that has failed keeps its pause.
 */
export async function recallJobs(
  tx: Transaction,
  task: Task,
  { seconds, most }: { seconds: number; most: number },
): Promise<void> {
  await tx.execute(recall, [task.name, seconds, most]);
}
