/**
 * The CTE `clock`: locks the inboxes of the members in `source` (a CTE with one row for each `user_id`), in one order
 * for all statements, and gives each a change time later than its last. `$1` is the organization. See table inbox.
 */
export function advanceInboxClocks(source: string): string {
  return `clock as (
     insert into inbox (org_id, user_id, changed_at)
     select $1, user_id, clock_timestamp() from ${source} order by user_id
     on conflict (org_id, user_id) do update
       set changed_at = greatest(excluded.changed_at, inbox.changed_at + interval '1 microsecond')
     returning user_id, changed_at
   )`;
}
