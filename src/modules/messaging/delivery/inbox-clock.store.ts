/**
 * The CTE `clock`: locks the inboxes of the members in `source` (a CTE with one row for each `user_id`), in one order
 * for all statements, and gives each a change time later than its last. `$1` is the organization. See table inbox.
 */
export function advanceInboxClocks(source: string): string {
  return clock(`from ${source} order by user_id`, '1');
}

/**
 * The CTE `stamped`: each row of `source` (a CTE with `id` and `user_id`) with its own `changed_at`, later than all of its
 * inbox before. A member may have several rows: their clock is locked and advanced once, by a microsecond for each
 * row of the member who has the most, and each row takes one. Materialized: where statistics know nothing of the rows yet,
 * PostgreSQL would compare each row of the ledger with each pair of rows here.
 */
export function stampInboxChanges(source: string): string {
  return `turn as materialized (
     select id, user_id, row_number() over (partition by user_id order by id) as place,
            count(*) over (partition by user_id) as places from ${source}
   ), ${clock('from turn where place = 1 order by user_id', '(select max(places) from turn)')}, stamped as materialized (
     select turn.id, turn.user_id,
            clock.changed_at - (turn.places - turn.place) * interval '1 microsecond' as changed_at
       from turn join clock on clock.user_id = turn.user_id
   )`;
}

function clock(members: string, microseconds: string): string {
  return `clock as (
     insert into inbox (org_id, user_id, changed_at)
     select $1, user_id, clock_timestamp() ${members}
     on conflict (org_id, user_id) do update
       set changed_at = greatest(excluded.changed_at, inbox.changed_at + ${microseconds} * interval '1 microsecond')
     returning user_id, changed_at
   )`;
}
