import type { Client } from 'pg';

/**
 * graphile-worker fetches the first due job of a lane's tasks by (priority, run_at), which its index serves: it reads
 * the jobs of all other lanes that are before the first of this one. The first index finds the few jobs of a lane that has
 * few. The second serves a lane that has many, behind those of others: it compares tasks without reading their jobs.
 */
const indexes = [
  { name: 'dovecote_jobs_by_task', columns: 'task_id, priority, run_at' },
  { name: 'dovecote_jobs_by_time', columns: 'priority, run_at, task_id' },
];

/** PostgreSQL chooses between them by how many jobs each task has, and a backlog grows within seconds. */
const ANALYZED_AFTER = 1_000;

/**
 * Adds what is missing: graphile-worker's migrations may replace the table. Only then, as an index is built behind whatever
 * uses the table, and other transactions wait behind that.
 */
export async function ensureJobIndexes(owner: Client): Promise<void> {
  for (const { name, columns } of indexes) {
    const { rows } = await owner.query<{ missing: boolean }>(
      `select to_regclass('graphile_worker.' || $1) is null as missing`,
      [name],
    );
    if (rows[0]?.missing)
      await owner.query(
        `create index if not exists ${name} on graphile_worker._private_jobs (${columns}) where is_available`,
      );
  }
  const { rows } = await owner.query<{ missing: boolean }>(
    `select 'autovacuum_analyze_threshold=${ANALYZED_AFTER}' <> all (coalesce(reloptions, '{}')) as missing
       from pg_class where oid = 'graphile_worker._private_jobs'::regclass`,
  );
  if (rows[0]?.missing)
    await owner.query(
      `alter table graphile_worker._private_jobs
         set (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = ${ANALYZED_AFTER})`,
    );
}
