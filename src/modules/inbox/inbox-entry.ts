import type { DeliveryStatus, DeliveryKind } from '../campaign/index.js';

export interface MessageAction {
  id: string;
  type: 'ACK';
  label: string;
}

/** A delivery as its recipient sees it: the rendered message and its state. */
export interface InboxEntry {
  deliveryId: string;
  campaignId: string;
  contentId: string;
  title: string;
  body: string;
  summary: string;
  preview: string;
  senderName: string;
  actions: MessageAction[];
  critical: boolean;
  status: DeliveryStatus;
  kind: DeliveryKind;
  parentDeliveryId: string | null;
  renderedLocale: string;
  receivedAt: Date;
  readAt: Date | null;
  /** Change time in microseconds since the epoch: Sync's cursor. Unique within an inbox. */
  changedAt: bigint;
}
