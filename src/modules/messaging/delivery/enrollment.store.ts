import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { tickInboxesOf } from './inbox-clock.store.js';
import { campaignStatus, deliveryStatus } from '../campaign/status.js';

/** Deliveries per transaction. */
const PIECE = 1_000;

// One delivery a user at a time, so that change times stay unique in an inbox; the inbox clocks are locked first and
// in one order, as everywhere: see table inbox. A client may have received one meanwhile, so the status is asked again.
// Whoever a fan-out would leave out by now gets nothing here either.
const send = (whose: string): string => `
  with waiting as (
    select distinct on (d.user_id) d.user_id, d.id
      from delivery d
      join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
      join member m on m.org_id = d.org_id and m.id = d.user_id
     where d.org_id = $1 and ${whose} and d.status = ${deliveryStatus.noDevice} and d.content_id is not null
       and c.status = ${campaignStatus.running} and c.wait_for_enrollment
       and m.status in (${memberStatus.invited}, ${memberStatus.active})
       and (c.include_restricted or not m.processing_restricted)
       and exists (select from device v where v.org_id = d.org_id and v.user_id = d.user_id and v.active)
     order by d.user_id, d.id limit ${PIECE}
  ), ${tickInboxesOf('waiting')}, sent as (
    update delivery set status = ${deliveryStatus.sent}, sent_at = $3, changed_at = clock.changed_at
      from waiting join clock on clock.user_id = waiting.user_id
     where delivery.org_id = $1 and delivery.id = waiting.id and delivery.status = ${deliveryStatus.noDevice}
    returning delivery.id, delivery.user_id
  ), pushed as (
    insert into push_outbox (org_id, delivery_id, device_id, created_at)
    select $1, sent.id, v.device_id, $3
      from sent join device v on v.org_id = $1 and v.user_id = sent.user_id and v.active
    on conflict do nothing
  )
  select (select count(*) from waiting)::int as found, (select count(*) from sent)::int as sent`;

const sendToUser = setStatement('delivery.send_to_enrolled_user', send('d.user_id = $2'));
const sendInCampaign = setStatement('delivery.send_to_enrolled_in_campaign', send('d.campaign_id = $2'));

/** Found is what waited a moment before, sent what still did under the lock. */
export interface SentPiece {
  found: number;
  sent: number;
}

/** Messages that waited for their recipient to have a device. Each call sends at most one a person. */
@Injectable()
export class EnrollmentStore {
  async sendToUser(scope: Scope, userId: string): Promise<SentPiece> {
    const tx = await scope.tx();
    const piece = await tx.queryOne<SentPiece>(sendToUser, [scope.orgId, userId, scope.now()]);
    return piece ?? { found: 0, sent: 0 };
  }

  async sendInCampaign(scope: Scope, campaignId: string): Promise<SentPiece> {
    const tx = await scope.tx();
    const piece = await tx.queryOne<SentPiece>(sendInCampaign, [scope.orgId, campaignId, scope.now()]);
    return piece ?? { found: 0, sent: 0 };
  }
}
