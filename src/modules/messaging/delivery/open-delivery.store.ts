import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { deliveryKind, deliveryStatus, type DeliveryStatus, openStatuses } from './delivery.js';

/**
 * At most so many deliveries of each status, of the steps in `$3`, whose recipients are still there. In the order of
 * the index by status: without one, PostgreSQL would read the whole ledger for the last few.
 */
function waitedFor(limit: number, statuses: readonly DeliveryStatus[] = openStatuses): string {
  return statuses
    .map(
      (status) => `(select d.id from delivery d
        cross join lateral (
          select from member m where m.org_id = d.org_id and m.id = d.user_id
             and m.status in (${memberStatus.invited}, ${memberStatus.active}) limit 1) m
       where d.org_id = $1 and d.campaign_id = $2 and d.status = ${status} and d.kind = ${deliveryKind.primary}
         and d.step_id = any($3)
       order by d.created_at desc, d.id desc limit ${limit})`,
    )
    .join(' union all ');
}

/** Bounds the time of a check: in a campaign of a million, it counts as many as in one of ten thousand. */
const MAX_COUNTED = 10_000;

const count = (statuses?: readonly DeliveryStatus[]): string =>
  `select count(*)::int as open,
          (select coalesce(sum(acknowledged), 0)::int from campaign_counter
            where org_id = $1 and campaign_id = $2) as acknowledged
     from (${waitedFor(MAX_COUNTED, statuses)} limit ${MAX_COUNTED}) d`;
const countWaitedFor = setStatement('delivery.count_waited_for', count());
const unacknowledged = [...openStatuses, deliveryStatus.missed];
const countUnacknowledged = setStatement('delivery.count_unacknowledged', count(unacknowledged));
const campaignsOf = (statuses: readonly number[]): string =>
  `select distinct campaign_id as id from delivery
    where org_id = $1 and user_id = $2 and content_id is not null and status in (${statuses.join(', ')})`;
const campaignsOpenTo = statement('delivery.campaigns_open_to', campaignsOf(unacknowledged));
const none: OpenCount = { open: 0, acknowledged: 0 };
const campaignsNotPushedTo = statement(
  'delivery.campaigns_not_pushed_to',
  campaignsOf([deliveryStatus.noDevice]),
);

/** Both counted in one snapshot, so that a concurrent acknowledgement is counted once. */
export interface OpenCount {
  /** Deliveries of some steps, at most 10,000. */
  readonly open: number;
  /** Acknowledgements of the campaign. */
  readonly acknowledged: number;
}

/** Deliveries that their recipients have not acted on. */
@Injectable()
export class OpenDeliveryStore {
  /** Counts the deliveries of these steps on which recipients can still act, up to 10,000. */
  async countWaitedFor(scope: Scope, campaignId: string, stepIds: readonly string[]): Promise<OpenCount> {
    const tx = await scope.tx();
    const row = await tx.queryOne<OpenCount>(countWaitedFor, [scope.orgId, campaignId, stepIds]);
    return row ?? none;
  }

  /** Counts the deliveries of these steps without an acknowledgement, missed ones included, up to 10,000. */
  async countUnacknowledged(
    scope: Scope,
    campaignId: string,
    stepIds: readonly string[],
  ): Promise<OpenCount> {
    const tx = await scope.tx();
    const row = await tx.queryOne<OpenCount>(countUnacknowledged, [scope.orgId, campaignId, stepIds]);
    return row ?? none;
  }

  /** The campaigns of which a person has a message without an acknowledgement: escalations count missed ones. */
  async campaignsOpenTo(scope: Scope, userId: string): Promise<string[]> {
    const tx = await scope.tx();
    return (await tx.query<{ id: string }>(campaignsOpenTo, [scope.orgId, userId])).map(({ id }) => id);
  }

  /** The campaigns of which a person has a message that could not be pushed: they had no device. */
  async campaignsNotPushedTo(scope: Scope, userId: string): Promise<string[]> {
    const tx = await scope.tx();
    return (await tx.query<{ id: string }>(campaignsNotPushedTo, [scope.orgId, userId])).map(({ id }) => id);
  }
}
