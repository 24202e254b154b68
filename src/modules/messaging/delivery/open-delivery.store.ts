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

/**
 * Below this many people who are waited for, each one who acts asks for a look at the campaign. More than can act in
 * one instant, which the connections of the database bound: none of those who act at once sees the others' actions yet.
 */
const FEW = 500;

const anyWaitedFor = setStatement('delivery.any_waited_for', `select exists (${waitedFor(1)}) as waiting`);
const anyUnacknowledged = setStatement(
  'delivery.any_unacknowledged',
  `select exists (${waitedFor(1, [...openStatuses, deliveryStatus.missed])}) as waiting`,
);
const fewWaitedFor = setStatement(
  'delivery.few_waited_for',
  `select count(*) <= ${FEW} as few from (${waitedFor(FEW + 1)} limit ${FEW + 1}) d`,
);
const campaignsOf = (statuses: readonly number[]): string =>
  `select distinct campaign_id as id from delivery
    where org_id = $1 and user_id = $2 and content_id is not null and status in (${statuses.join(', ')})`;
const campaignsOpenTo = statement('delivery.campaigns_open_to', campaignsOf(openStatuses));
const campaignsNotPushedTo = statement(
  'delivery.campaigns_not_pushed_to',
  campaignsOf([deliveryStatus.noDevice]),
);

/** Deliveries that their recipients have not acted on. */
@Injectable()
export class OpenDeliveryStore {
  /** Whether a recipient can still act on a message of one of the steps. */
  async isAnyoneWaitedFor(scope: Scope, campaignId: string, stepIds: readonly string[]): Promise<boolean> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ waiting: boolean }>(anyWaitedFor, [scope.orgId, campaignId, stepIds]);
    return row?.waiting ?? false;
  }

  /** Whether a recipient of one of the steps has not acknowledged, in time or too late to. */
  async isAnyoneUnacknowledged(
    scope: Scope,
    campaignId: string,
    stepIds: readonly string[],
  ): Promise<boolean> {
    const tx = await scope.tx();
    const values = [scope.orgId, campaignId, stepIds];
    return (await tx.queryOne<{ waiting: boolean }>(anyUnacknowledged, values))?.waiting ?? false;
  }

  async areFewWaitedFor(scope: Scope, campaignId: string, stepId: string): Promise<boolean> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ few: boolean }>(fewWaitedFor, [scope.orgId, campaignId, [stepId]]);
    return row?.few ?? false;
  }

  /** The campaigns of which a person has a message that they have not acted on. */
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
