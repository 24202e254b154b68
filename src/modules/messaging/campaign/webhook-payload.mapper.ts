import { DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { type DeliveryCounts, deliveryStatus, type ReportedRecipient } from '../delivery/index.js';
import type { WebhookPayload } from '../webhook/index.js';
import type { Campaign } from './campaign.js';

/** Recipients that a webhook call names; a million would be 200 MB. */
export const MOST_REPORTED = 10_000;

/** The documented content of a webhook call; `recipients` may be one more than it names. */
export function payloadOf(
  { id, name }: Pick<Campaign, 'id' | 'name'>,
  recipients: readonly ReportedRecipient[],
  { recipients: total, acknowledged, missed, failed }: DeliveryCounts & { failed: number },
): WebhookPayload {
  return {
    campaign_id: id,
    campaign_name: name,
    deliveries: recipients.slice(0, MOST_REPORTED).map(reported),
    ...(recipients.length > MOST_REPORTED && { truncated: true }),
    summary: { total, acknowledged, missed, failed },
  };
}

function reported(recipient: ReportedRecipient): WebhookPayload['deliveries'][number] {
  const { id, userId, status, sentAt, actedAt } = recipient;
  return {
    delivery_id: id,
    user_id: userId,
    status: DeliveryStatus[status] ?? '',
    ...(sentAt && { sent_at: sentAt.toISOString() }),
    ...(status === deliveryStatus.acknowledged && actedAt && { acknowledged_at: actedAt.toISOString() }),
  };
}
