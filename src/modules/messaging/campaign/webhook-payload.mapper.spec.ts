import { expect, test } from '@jest/globals';
import { deliveryStatus, type ReportedRecipient } from '../delivery/index.js';
import { MOST_REPORTED, payloadOf } from './webhook-payload.mapper.js';

const campaign = { id: 'c', name: 'Fire drill' };
const counts = { recipients: 3, acknowledged: 1, missed: 1, failed: 1 };
const sentAt = new Date('2026-11-30T08:00:00Z');
const actedAt = new Date('2026-11-30T09:00:00Z');

function recipient(change: Partial<ReportedRecipient>): ReportedRecipient {
  return { id: 'd', userId: 'u', status: deliveryStatus.sent, sentAt, actedAt: null, ...change };
}

test('each recipient has a short status, and the times that there are', () => {
  const recipients = [
    recipient({ status: deliveryStatus.acknowledged, actedAt }),
    recipient({ status: deliveryStatus.missed }),
    recipient({ status: deliveryStatus.noDevice, sentAt: null }),
  ];
  const ids = { delivery_id: 'd', user_id: 'u' };
  expect(payloadOf(campaign, recipients, counts)).toEqual({
    campaign_id: 'c',
    campaign_name: 'Fire drill',
    deliveries: [
      {
        ...{ ...ids, status: 'ACKNOWLEDGED', sent_at: '2026-11-30T08:00:00.000Z' },
        acknowledged_at: '2026-11-30T09:00:00.000Z',
      },
      { ...ids, status: 'MISSED', sent_at: '2026-11-30T08:00:00.000Z' },
      { ...ids, status: 'NO_DEVICE' },
    ],
    summary: { total: 3, acknowledged: 1, missed: 1, failed: 1 },
  });
});

test('an act that was no acknowledgement is not told as one', () => {
  const [told] = payloadOf(
    campaign,
    [recipient({ status: deliveryStatus.missed, actedAt })],
    counts,
  ).deliveries;
  expect(told).not.toHaveProperty('acknowledged_at');
});

test.each([
  [MOST_REPORTED, undefined],
  [MOST_REPORTED + 1, true],
])('of %d recipients it names 10,000, and says whether there are more', (count, truncated) => {
  const recipients = Array.from({ length: count }, () => recipient({}));
  const payload = payloadOf(campaign, recipients, { ...counts, recipients: count });
  expect(payload.deliveries).toHaveLength(10_000);
  expect(payload.truncated).toBe(truncated);
  expect(payload.summary.total).toBe(count);
});
