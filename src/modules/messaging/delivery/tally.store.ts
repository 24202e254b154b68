import { deliveryKind, type DeliveryKind, type DeliveryStatus } from './delivery.js';

/** For how many minutes before an instant it is counted how recipients reacted. */
export const PACE_MINUTES = [1, 60, 1_440] as const;

/** Deliveries of one step, kind and status. */
export interface DeliveryTally {
  stepId: string;
  kind: DeliveryKind;
  status: DeliveryStatus;
  count: number;
  read: number;
  dismissed: number;
  /** What recipients did, for each of PACE_MINUTES. */
  lately: { acknowledged: number[]; read: number[] };
}

/** What one step left out for one reason. */
export interface SkipTally {
  stepId: string;
  reason: number;
  channel: number;
  amount: number;
}

/** What is counted as it is written; nothing is subtracted when deliveries are erased. */
export interface CountedDeliveries {
  recipients: number;
  acknowledged: number;
  missed: number;
  copies: number;
}

const lately = (column: string, at: string): string => {
  const counts = PACE_MINUTES.map(
    (minutes) => `count(*) filter (
       where kind = ${deliveryKind.primary} and ${column} > ${at} - interval '${minutes} minutes')`,
  );
  return `json_build_array(${counts.join(', ')})`;
};

/*
 * Each in SQL and as JSON, of campaign `$2` of organization `$1`, for a statement that needs all of them at one instant.
 * The counters hold neither steps nor kinds, and a counter for each would be one more row to write for every message that
 * is fetched: the ledger of the one campaign is read instead.
 */

/** DeliveryTally[]; `at` is the instant. */
export const talliesAt = (at: string): string => `(
  select coalesce(json_agg(t), '[]') from (
    select step_id as "stepId", kind, status, count(*) as count, count(read_at) as read,
           count(dismissed_at) as dismissed,
           json_build_object('acknowledged', ${lately('acted_at', at)}, 'read', ${lately('read_at', at)}) as lately
      from delivery where org_id = $1 and campaign_id = $2
     group by step_id, kind, status order by step_id, kind, status) t)`;

/** SkipTally[]. */
export const skipTallies = `(
  select coalesce(json_agg(s), '[]') from (
    select step_id as "stepId", reason, channel, sum(amount) as amount
      from delivery_skip where org_id = $1 and campaign_id = $2
     group by step_id, reason, channel order by step_id, reason, channel) s)`;

/** CountedDeliveries. */
export const countedDeliveries = `(
  select json_build_object('recipients', coalesce(sum(recipients), 0), 'acknowledged', coalesce(sum(acknowledged), 0),
                           'missed', coalesce(sum(missed), 0), 'copies', coalesce(sum(copies), 0))
    from campaign_counter where org_id = $1 and campaign_id = $2)`;
