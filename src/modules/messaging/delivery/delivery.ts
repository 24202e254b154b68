/** What has become of a recipient's copy. Stored under the numbers of pidgr.v1.DeliveryStatus. */
export const deliveryStatus = {
  pending: 1,
  sent: 2,
  delivered: 3,
  acknowledged: 4,
  missed: 5,
  noDevice: 6,
  failed: 7,
} as const;
export type DeliveryStatus = (typeof deliveryStatus)[keyof typeof deliveryStatus];

/** The states of a message that its recipient has in the inbox and has not acted on, pushed to a device or not. */
export const openStatuses: readonly DeliveryStatus[] = [
  deliveryStatus.pending,
  deliveryStatus.sent,
  deliveryStatus.delivered,
  deliveryStatus.noDevice,
];

/** States of a delivery that has not reached its recipient's client. */
export const notReceived: readonly DeliveryStatus[] = [
  deliveryStatus.pending,
  deliveryStatus.sent,
  deliveryStatus.noDevice,
];

/** Why a member has a copy. Stored under the numbers of pidgr.v1.Delivery.Kind. */
export const deliveryKind = { primary: 1, escalation: 2, reminderFyi: 3 } as const;
export type DeliveryKind = (typeof deliveryKind)[keyof typeof deliveryKind];

/** One recipient's copy. */
export interface Delivery {
  id: string;
  userId: string;
  campaignId: string;
  status: DeliveryStatus;
  kind: DeliveryKind;
  parentDeliveryId: string | null;
  renderedLocale: string;
  synthetic: boolean;
  createdAt: Date;
  deliveredAt: Date | null;
  readAt: Date | null;
  actedAt: Date | null;
  recipientEmail: string;
}

/** Counted while a campaign runs; all zero before the start. */
export interface DeliveryCounts {
  recipients: number;
  acknowledged: number;
  missed: number;
}

/** `running`, `noDevice`: the word for a number. */
export function wordFor<Words extends Record<string, number>>(words: Words, value: number): string {
  return Object.keys(words).find((word) => words[word] === value) ?? String(value);
}
