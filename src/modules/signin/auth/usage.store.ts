import type { UsageStatements } from '../../../platform/caller/usage-recorder.js';
import { setStatement, statement } from '../../../platform/database/index.js';

// Locks in the order of ids first: two processes that write the same rows wait for each other instead of deadlocking.
const touchSessions = statement(
  'usage.touch_sessions',
  `with used as materialized (
     select s.id, u.at from session s join unnest($1::uuid[], $2::timestamptz[]) as u (id, at) on u.id = s.id
      order by s.id for no key update of s)
   update session set last_used_at = greatest(last_used_at, used.at) from used where session.id = used.id`,
);

// One row for each; members and sessions deleted in the meantime are skipped.
const noteSessionUses = setStatement(
  'usage.note_session_uses',
  `insert into session_use (org_id, user_id, session_id, first_used_at)
   select m.org_id, m.id, s.id, u.at
     from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as u (user_id, session_id, at)
     join member m on m.org_id = $1 and m.id = u.user_id
     join session s on s.id = u.session_id
   on conflict do nothing`,
);

export const sessionUsage: Pick<UsageStatements, 'sessions' | 'sessionUses'> = {
  sessions: touchSessions,
  sessionUses: noteSessionUses,
};
