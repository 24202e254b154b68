import { statement, type Transaction } from '../database/index.js';
import type { JobSpec } from './job.js';

const add = statement(
  'jobs.add',
  `select graphile_worker.add_job($1, payload := $2::json, run_at := $3, max_attempts := $4, job_key := $5)`,
);

export async function addJob(tx: Transaction, orgId: string | undefined, job: JobSpec): Promise<void> {
  await tx.execute(add, [
    job.task,
    JSON.stringify({ ...job.payload, orgId }),
    job.runAt ?? null,
    job.maxAttempts ?? 25,
    job.key ?? null,
  ]);
}
