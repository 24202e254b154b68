import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { deliveryStatus } from './delivery.js';
import { stampInboxChanges } from './inbox-clock.store.js';
import { enqueuePushes, phonesOf } from './push-outbox.store.js';

/** Deliveries per transaction. */
const PIECE = 1_000;

/** A running campaign that waits for enrollment. */
export interface WaitingCampaign {
  id: string;
  includeRestricted: boolean;
}

// The inbox clocks are locked first and in one order, as everywhere: see table inbox. The status is checked again,
// because a client may have received the message in the meantime. Members whom a fan-out would skip by now are skipped
// here, too.
const send = (whose: string): string => `
  with waiting as (
    select d.user_id, d.id
      from unnest($2::uuid[], $3::boolean[]) as c (id, include_restricted)
      join delivery d on d.org_id = $1 and d.campaign_id = c.id
      join member m on m.org_id = d.org_id and m.id = d.user_id
     where ${whose}d.status = ${deliveryStatus.noDevice} and d.content_id is not null
       and m.status in (${memberStatus.invited}, ${memberStatus.active})
       and (c.include_restricted or not m.processing_restricted)
       and exists (select from device v where v.org_id = d.org_id and v.user_id = d.user_id and v.active)
     order by d.user_id, d.id limit ${PIECE}
  ), ${phonesOf('array(select user_id from waiting)')}, ${stampInboxChanges('waiting')}, sent as (
    update delivery set status = ${deliveryStatus.sent}, sent_at = $4, changed_at = stamped.changed_at from stamped
     where delivery.org_id = $1 and delivery.id = stamped.id and delivery.status = ${deliveryStatus.noDevice}
    returning delivery.id, delivery.user_id, delivery.step_id, delivery.round
  ), ${enqueuePushes('sent', '$4')}
  select (select count(*) from waiting)::int as found, (select count(*) from sent)::int as sent`;

const sendToUser = setStatement('delivery.send_to_enrolled_user', send('d.user_id = $5 and '));
const sendToAll = setStatement('delivery.send_to_enrolled', send(''));

/** Found is what waited a moment before, sent what still did under the lock. */
export interface SentPiece {
  found: number;
  sent: number;
}

/** Messages that waited for their recipient to have a device. */
@Injectable()
export class EnrollmentStore {
  /** For one member, or for all. */
  async send(scope: Scope, campaigns: readonly WaitingCampaign[], userId?: string): Promise<SentPiece> {
    const tx = await scope.tx();
    const values = [
      scope.orgId,
      campaigns.map(({ id }) => id),
      campaigns.map(({ includeRestricted }) => includeRestricted),
      scope.now(),
    ];
    const piece = await (userId === undefined
      ? tx.queryOne<SentPiece>(sendToAll, values)
      : tx.queryOne<SentPiece>(sendToUser, [...values, userId]));
    return piece ?? { found: 0, sent: 0 };
  }
}
