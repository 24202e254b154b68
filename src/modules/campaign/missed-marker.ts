import { Injectable } from '@nestjs/common';
import { setStatement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { CounterStore } from './counter.store.js';
import { deliveryStatus, deliveryKind } from './status.js';
import { tickInboxesOf } from './inbox-clock.js';

/** Deliveries per transaction. */
const PIECE = 1_000;

const { sent, delivered, missed } = deliveryStatus;

// In the order of the index by status: without one, PostgreSQL would read the whole ledger for the last few.
const unanswered = [sent, delivered].map(
  (status) => `(select id, user_id from delivery where org_id = $1 and campaign_id = $2 and status = ${status}
                 order by created_at desc, id desc limit $3)`,
);

// The inbox clocks are locked first and in one order, as everywhere: see table inbox; one delivery a user at a time,
// so that change times stay unique in an inbox. Somebody may act between the look and the lock, so the status is
// asked again.
const markMissed = setStatement(
  'delivery.mark_missed',
  `with due as (
     select distinct on (user_id) user_id, id from (${unanswered.join(' union all ')} limit $3) d order by user_id
   ), ${tickInboxesOf('due')}
   update delivery set status = ${missed}, changed_at = clock.changed_at
     from due join clock on clock.user_id = due.user_id
    where delivery.org_id = $1 and delivery.id = due.id and delivery.status in (${sent}, ${delivered})
   returning delivery.kind`,
);

/** Carries out MARK_MISSED: whoever was reached and has not acted by now has missed it. */
@Injectable()
export class MissedMarker {
  constructor(private readonly counters: CounterStore) {}

  /** Marks a piece; false when nobody is left. */
  async markNext(scope: Scope, campaignId: string): Promise<boolean> {
    const tx = await scope.tx();
    const rows = await tx.query<{ kind: number }>(markMissed, [scope.orgId, campaignId, PIECE]);
    const recipients = rows.filter(({ kind }) => kind === Number(deliveryKind.primary)).length;
    if (recipients > 0) await this.counters.add(scope, campaignId, { missed: recipients });
    return rows.length > 0;
  }
}
