import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { type DeliveryKind, deliveryStatus, type DeliveryStatus, openStatuses } from './delivery.js';
import { stampInboxChanges } from './inbox-clock.store.js';
import { enqueuePushes, phonesOf } from './push-outbox.store.js';

/** A copy of a recipient's message for another member. */
interface NewCopy {
  id: string;
  parentId: string;
  userId: string;
}

/** What a step of a campaign tells others of its recipients. */
export interface CopyBatch {
  campaignId: string;
  stepId: string;
  round: number;
  kind: DeliveryKind;
  critical: boolean;
  /** A copy is written only while the recipient's message has one of these. */
  parentStatuses: readonly DeliveryStatus[];
  copies: readonly NewCopy[];
}

// An acknowledgement locks the inbox of its recipient: with these locks it comes before, and is seen by the statements
// behind this one, or after, and finds the copies.
const lockInboxes = setStatement(
  'copy.lock_inboxes',
  'select from inbox where org_id = $1 and user_id = any($2) order by user_id for update',
);
// Each parent is looked up by its key. Statistics that do not know the campaign yet would have all its deliveries compared
// with all that is given: hence a comparison that no index serves, and `offset 0`, which keeps the subquery apart.
const given = `given as (
     select g.id, g.user_id, g.parent_id, p.content_id, p.rendered_locale, p.synthetic
       from unnest($5::uuid[], $6::uuid[], $7::uuid[]) as g (id, parent_id, user_id)
       join member m on m.org_id = $1 and m.id = g.user_id and m.status in (${memberStatus.invited}, ${memberStatus.active})
      cross join lateral (
       select d.content_id, d.rendered_locale, d.synthetic from delivery d
        where d.org_id = $1 and d.id = g.parent_id and d.campaign_id is not distinct from $2
          and d.content_id is not null and d.status = any($8) offset 0) p
   )`;
// A copy is the message of its parent, text and all: nothing is rendered.
const insert = setStatement(
  'copy.insert',
  `with ${given}, ${phonesOf('$7')}, ${stampInboxChanges('given')}, created as (
     insert into delivery (org_id, id, campaign_id, step_id, round, user_id, kind, status, parent_delivery_id, content_id,
                           critical, rendered_locale, synthetic, created_at, sent_at, changed_at)
     select $1, n.id, $2, $3, $4, n.user_id, $9, n.status, n.parent_id, n.content_id, $10, n.rendered_locale,
            n.synthetic, $11, case when n.status = ${deliveryStatus.sent} then $11::timestamptz end, n.changed_at
       from (select given.*, stamped.changed_at,
                    case when given.user_id in (select user_id from phone) then ${deliveryStatus.sent}
                         else ${deliveryStatus.noDevice} end as status
               from given join stamped on stamped.id = given.id) n
     on conflict on constraint delivery_once_key do nothing
     returning id, user_id, step_id, round, status
   ), sent as (
     select id, user_id, step_id, round from created where status = ${deliveryStatus.sent}
   ), ${enqueuePushes('sent', '$11')}
   select count(*)::int as count from created`,
);
const alert = setStatement(
  'copy.alert',
  `with ${given}, ${phonesOf('$7')}, pushed as (
     insert into push_outbox (org_id, delivery_id, step_id, round, device_id, user_id, created_at)
     select $1, given.parent_id, $3, $4, phone.device_id, phone.user_id, $9
       from given join phone on phone.user_id = given.user_id
     on conflict do nothing
     returning delivery_id, user_id
   )
   select count(distinct (delivery_id, user_id))::int as count from pushed`,
);
const dismiss = setStatement(
  'copy.dismiss',
  `with open as (
     select id, user_id from delivery
      where org_id = $1 and parent_delivery_id = $2 and step_id = any($3) and status in (${openStatuses.join(', ')})
   ), ${stampInboxChanges('open')}
   update delivery set status = ${deliveryStatus.acknowledged}, dismissed_at = $4, changed_at = stamped.changed_at
     from stamped
    where delivery.org_id = $1 and delivery.id = stamped.id and delivery.status in (${openStatuses.join(', ')})`,
);

/** Copies of recipients' messages for others: escalations, and notes of reminders. */
@Injectable()
export class CopyStore {
  /** Locks the inboxes of all members whom a batch concerns, in the one order for all statements. */
  async lockInboxes(scope: Scope, userIds: readonly string[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(lockInboxes, [scope.orgId, [...new Set(userIds)]]);
  }

  /** Returns how many of the copies are new. */
  async insert(scope: Scope, batch: CopyBatch): Promise<number> {
    if (batch.copies.length === 0) return 0;
    const tx = await scope.tx();
    const values = [...valuesOf(scope, batch), batch.kind, batch.critical, scope.now()];
    return (await tx.queryOne<{ count: number }>(insert, values))?.count ?? 0;
  }

  /** Pushes to the devices of those who would have a copy, without one. Returns to how many of them. */
  async alert(scope: Scope, batch: CopyBatch): Promise<number> {
    if (batch.copies.length === 0) return 0;
    const tx = await scope.tx();
    return (
      (await tx.queryOne<{ count: number }>(alert, [...valuesOf(scope, batch), scope.now()]))?.count ?? 0
    );
  }

  /** Settles what is open of the copies that these steps made of a message. */
  async dismiss(scope: Scope, parentId: string, stepIds: readonly string[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(dismiss, [scope.orgId, parentId, stepIds, scope.now()]);
  }
}

function valuesOf(scope: Scope, { campaignId, stepId, round, copies, parentStatuses }: CopyBatch): unknown[] {
  return [
    scope.orgId,
    campaignId,
    stepId,
    round,
    copies.map(({ id }) => id),
    copies.map(({ parentId }) => parentId),
    copies.map(({ userId }) => userId),
    parentStatuses,
  ];
}
