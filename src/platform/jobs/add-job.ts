import { statement, type Transaction } from '../database/index.js';
import type { JobSpec } from './job.js';
import { priorityNumber } from './task.js';

const add = statement(
  'jobs.add',
  `select graphile_worker.add_job(
     $1, payload := $2::json, run_at := $3, max_attempts := $4, job_key := $5, priority := $6)`,
);

/**
 * A key is one for all tasks of the queue, where a job would replace that of another task: so the task leads it. What is
 * due, the queue asks the database: `travelledMs` is how far tests have moved the clock of the scope beyond its time.
 */
export async function addJob(
  tx: Transaction,
  orgId: string | undefined,
  { task, ...job }: JobSpec,
  travelledMs = 0,
): Promise<void> {
  await tx.execute(add, [
    task.name,
    JSON.stringify({ ...job.payload, orgId }),
    job.runAt ? new Date(job.runAt.getTime() - travelledMs) : null,
    job.maxAttempts ?? 25,
    job.key === undefined ? null : `${task.name}/${job.key}`,
    priorityNumber(job.priority ?? task.priority),
  ]);
}
