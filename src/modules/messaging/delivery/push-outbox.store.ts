/**
 * The CTE `phone`: the active devices of the members in `userIds`, an array. Looked up by these ids: a join may read
 * the devices of the whole organization. `$1` is the organization.
 */
export function phonesOf(userIds: string): string {
  return `phone as materialized (
     select user_id, device_id from device where org_id = $1 and user_id = any(${userIds}) and active
   )`;
}

/**
 * The CTE `pushed`: a push to each `phone` for the deliveries in `source`, a CTE with `id` and `user_id` of the delivery,
 * and with `step_id` and `round` of what pushes it.
 */
export function enqueuePushes(source: string, at: string): string {
  return `pushed as (
     insert into push_outbox (org_id, delivery_id, step_id, round, device_id, created_at)
     select $1, d.id, d.step_id, d.round, phone.device_id, ${at} from ${source} d join phone on phone.user_id = d.user_id
     on conflict do nothing
   )`;
}
