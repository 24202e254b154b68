import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { deliveryKind, deliveryStatus, type DeliveryStatus, openStatuses } from './delivery.js';
import { enqueuePushes, phonesOf } from './push-outbox.store.js';

/** A recipient's message that a step follows up on, and what is known of the recipient. */
export interface FollowedMessage {
  deliveryId: string;
  userId: string;
  status: DeliveryStatus;
  isRendered: boolean;
  isReachable: boolean;
  isRestricted: boolean;
}

// One message for each recipient: the newest that is not acknowledged, else the newest.
const find = setStatement(
  'follow_up.find',
  `select distinct on (d.user_id) d.id as "deliveryId", d.user_id as "userId", d.status,
          d.content_id is not null as "isRendered",
          coalesce(m.status in (${memberStatus.invited}, ${memberStatus.active}), false) as "isReachable",
          coalesce(m.processing_restricted, false) as "isRestricted"
     from delivery d left join member m on m.org_id = d.org_id and m.id = d.user_id
    where d.org_id = $1 and d.campaign_id = $2 and d.step_id = any($3) and d.round = 0
      and d.kind = ${deliveryKind.primary} and d.user_id = any($4)
    order by d.user_id, d.status = ${deliveryStatus.acknowledged}, d.created_at desc, d.id desc`,
);
// The status is asked again: a recipient may have acted since the message was found.
const remind = setStatement(
  'follow_up.remind',
  `with due as (
     select id, user_id, $3::text as step_id, 0 as round from delivery
      where org_id = $1 and id = any($2) and status in (${openStatuses.join(', ')})
   ), ${phonesOf('array(select user_id from due)')}, ${enqueuePushes('due', '$4')}
   select (select count(*) from due where user_id in (select user_id from phone))::int as reminded,
          array(select id from due where user_id not in (select user_id from phone)) as "withoutDevice"`,
);

/** What steps do about messages that were sent before. */
@Injectable()
export class FollowUpStore {
  /** The messages that these members have of the steps. */
  async find(
    scope: Scope,
    campaignId: string,
    stepIds: readonly string[],
    userIds: readonly string[],
  ): Promise<FollowedMessage[]> {
    if (userIds.length === 0) return [];
    const tx = await scope.tx();
    return tx.query<FollowedMessage>(find, [scope.orgId, campaignId, stepIds, userIds]);
  }

  /** Pushes these messages again; says how many recipients were reached, and who has no device. */
  async remind(
    scope: Scope,
    stepId: string,
    deliveryIds: readonly string[],
  ): Promise<{ reminded: number; withoutDevice: string[] }> {
    const none = { reminded: 0, withoutDevice: [] };
    if (deliveryIds.length === 0) return none;
    const tx = await scope.tx();
    const values = [scope.orgId, deliveryIds, stepId, scope.now()];
    return (await tx.queryOne<{ reminded: number; withoutDevice: string[] }>(remind, values)) ?? none;
  }
}
