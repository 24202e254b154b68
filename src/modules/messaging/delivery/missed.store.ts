import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { CounterStore } from './counter.store.js';
import { tickInboxesOf } from './inbox-clock.store.js';
import { deliveryKind, deliveryStatus } from '../campaign/status.js';

/** Deliveries per transaction. */
const PIECE = 1_000;

const { pending, sent, delivered, noDevice, missed } = deliveryStatus;
const unanswered = [pending, sent, delivered, noDevice];

// In the order of the index by status: without one, PostgreSQL would read the whole ledger for the last few.
const ofStatus = (status: number): string =>
  `(select id, user_id from delivery
     where org_id = $1 and campaign_id = $2 and status = ${status} and kind = ${deliveryKind.primary}
       and step_id = any($3)
     order by created_at desc, id desc limit $4)`;

// The inbox clocks are locked first and in one order, as everywhere: see table inbox; one delivery a user at a time,
// so that change times stay unique in an inbox. Somebody may act between the look and the lock, so the status is
// asked again.
const markMissed = setStatement(
  'delivery.mark_missed',
  `with due as (
     select distinct on (user_id) user_id, id from (${unanswered.map(ofStatus).join(' union all ')} limit $4) d
      order by user_id
   ), ${tickInboxesOf('due')}
   update delivery set status = ${missed}, missed_at = $5, changed_at = clock.changed_at
     from due join clock on clock.user_id = due.user_id
    where delivery.org_id = $1 and delivery.id = due.id and delivery.status in (${unanswered.join(', ')})`,
);

/** Carries out MARK_MISSED: whoever was asked for an acknowledgement and has not given it by now has missed it. */
@Injectable()
export class MissedMarker {
  constructor(
    private readonly counters: CounterStore,
    private readonly metrics: Metrics,
  ) {}

  /** Marks a piece of the messages of these steps; false when nobody is left. */
  async markNext(scope: Scope, campaignId: string, stepIds: readonly string[]): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(markMissed, [scope.orgId, campaignId, stepIds, PIECE, scope.now()]);
    const recipients = rowCount ?? 0;
    if (recipients > 0) await this.counters.add(scope, campaignId, { missed: recipients });
    this.metrics.deliveries.inc({ outcome: 'missed' }, recipients);
    return recipients > 0;
  }
}
