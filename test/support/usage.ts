import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

const PATIENCE_MS = 40_000;

/** Has a worker count the events of every organization, however lately it has. */
export async function countUsage(database: TestDatabase): Promise<void> {
  const isNone = async (query: string): Promise<boolean> => (await database.query(query)).length === 0;
  await eventually('events are stored', () => isNone('select from ingest_batch'), PATIENCE_MS);
  await eventually(
    'all events are counted',
    async () => {
      await database.query(`update usage_count set counted_at = counted_at - interval '1 hour'`);
      await database.query(`select graphile_worker.add_job('usage.sweep')`);
      await eventually('the jobs are through', () =>
        isNone(
          `select from graphile_worker.jobs where task_identifier like 'usage.%' and attempts < max_attempts`,
        ),
      );
      return isNone('select from analytics_version where counted_version is distinct from version');
    },
    PATIENCE_MS,
  );
}
