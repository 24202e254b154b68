import { statement, type Transaction } from '../database/index.js';

// graphile-worker's view of its jobs hides their payload, and its functions find jobs by key only.
const forget = statement(
  'jobs.forget',
  `delete from graphile_worker._private_jobs where locked_at is null and payload->>'orgId' = $1`,
);

/** Removes the queued jobs of an organization; running jobs continue. */
export async function forgetJobs(tx: Transaction, orgId: string): Promise<void> {
  await tx.execute(forget, [orgId]);
}
