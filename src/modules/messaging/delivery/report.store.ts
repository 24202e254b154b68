import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Delivery, type DeliveryCounts, deliveryKind, deliveryStatus } from './delivery.js';

/** What others are told of a recipient. */
export type ReportedRecipient = Pick<Delivery, 'id' | 'userId' | 'status' | 'actedAt'> & {
  sentAt: Date | null;
};

// One index has the deliveries of a status in this order.
const ofStatus = (status: number): string =>
  `(select id, user_id, status, sent_at, acted_at, created_at from delivery
     where org_id = $1 and campaign_id = $2 and status = ${status} and kind = ${deliveryKind.primary}
     order by created_at desc, id desc limit $3)`;

const recipients = setStatement(
  'delivery.report',
  `select id, user_id as "userId", status, sent_at as "sentAt", acted_at as "actedAt"
     from (${Object.values(deliveryStatus).map(ofStatus).join(' union all ')}) d
    order by created_at desc, id desc limit $3`,
);
const counts = statement(
  'campaign_counter.sum',
  `select coalesce(sum(recipients), 0)::int as recipients, coalesce(sum(acknowledged), 0)::int as acknowledged,
          coalesce(sum(missed), 0)::int as missed,
          (select count(*)::int from delivery where org_id = $1 and campaign_id = $2
              and status = ${deliveryStatus.failed} and kind = ${deliveryKind.primary}) as failed
     from campaign_counter where org_id = $1 and campaign_id = $2`,
);

/** What a campaign has come to, for a report that leaves the server. */
@Injectable()
export class ReportStore {
  /** The newest; escalations and copies are left out. */
  async recipients(scope: Scope, campaignId: string, most: number): Promise<ReportedRecipient[]> {
    return (await scope.tx()).query<ReportedRecipient>(recipients, [scope.orgId, campaignId, most]);
  }

  async counts(scope: Scope, campaignId: string): Promise<DeliveryCounts & { failed: number }> {
    const tx = await scope.tx();
    const row = await tx.queryOne<DeliveryCounts & { failed: number }>(counts, [scope.orgId, campaignId]);
    return row ?? { recipients: 0, acknowledged: 0, missed: 0, failed: 0 };
  }
}
