import type { UsageStatements } from '../../../platform/caller/usage-recorder.js';
import { statement } from '../../../platform/database/index.js';

// Locks in the order of ids first: two processes that write the same rows wait for each other instead of deadlocking.
const touch = statement(
  'usage.touch_project_keys',
  `with used as materialized (
     select k.id, u.at from project_key k join unnest($2::uuid[], $3::timestamptz[]) as u (id, at) on u.id = k.id
      where k.org_id = $1 order by k.id for no key update of k)
   update project_key set last_used_at = greatest(last_used_at, used.at)
     from used where project_key.org_id = $1 and project_key.id = used.id`,
);

export const projectKeyUsage: Pick<UsageStatements, 'projectKeys'> = { projectKeys: touch };
