import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deliveryKind, deliveryStatus, openStatuses } from './delivery.js';
import { stampInboxChanges } from './inbox-clock.store.js';

// In the order of the index by status: without one, PostgreSQL would read the whole ledger for the last few.
const ofStatus = (status: number): string =>
  `(select id, user_id from delivery
     where org_id = $1 and campaign_id = $2 and status = ${status} and kind = ${deliveryKind.primary}
       and step_id = any($3)
     order by created_at desc, id desc limit $4)`;

// The inbox clocks are locked first and in one order, as everywhere: see table inbox. The status is checked again,
// because a recipient may act before the lock is taken.
const markMissed = setStatement(
  'delivery.mark_missed',
  `with due as (
     select id, user_id from (${openStatuses.map(ofStatus).join(' union all ')} limit $4) d
   ), ${stampInboxChanges('due')}
   update delivery set status = ${deliveryStatus.missed}, missed_at = $5, changed_at = stamped.changed_at from stamped
    where delivery.org_id = $1 and delivery.id = stamped.id and delivery.status in (${openStatuses.join(', ')})`,
);

@Injectable()
export class MissedStore {
  /** Marks at most so many open deliveries of these steps as missed; returns how many. */
  async mark(scope: Scope, campaignId: string, stepIds: readonly string[], most: number): Promise<number> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(markMissed, [scope.orgId, campaignId, stepIds, most, scope.now()]);
    return rowCount ?? 0;
  }
}
