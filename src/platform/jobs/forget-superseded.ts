import { statement, type Transaction } from '../database/index.js';
import type { Task } from './task.js';

// A job that is enqueued while another with its key runs takes the key, and the one that runs gets no further attempt.
// When its connection is lost before it ends, it stays, and counts as failed.
const forget = statement(
  'jobs.forget_superseded',
  `delete from graphile_worker._private_jobs
    where task_id = any(array(select id from graphile_worker._private_tasks where identifier = any($1)))
      and key is null and attempts >= max_attempts and locked_at is null`,
);

/** Deletes jobs that were replaced while they ran, and did not end. The jobs of the tasks have keys. */
export async function forgetSuperseded(tx: Transaction, tasks: readonly Task[]): Promise<void> {
  await tx.execute(forget, [tasks.map(({ name }) => name)]);
}
