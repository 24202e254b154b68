import type { CampaignStatus } from '../campaign/index.js';
import type { DeliveryKind, DeliveryStatus } from '../delivery/index.js';

export interface MessageAction {
  id: string;
  type: 'ACK';
  label: string;
}

/** A delivery as its recipient sees it: the rendered message and its state. */
export interface InboxEntry {
  deliveryId: string;
  /** A test message: what its recipient does with it has no effect on the campaign. */
  isTest: boolean;
  /** Empty for the test of a template. */
  campaignId: string;
  /** The step that sent it. */
  stepId: string;
  /** Not locked: of an action and a cancellation at the same instant, either may come first. */
  campaignStatus: CampaignStatus;
  contentId: string;
  title: string;
  body: string;
  summary: string;
  preview: string;
  senderName: string;
  /** What the message came with; see `offeredActions`. */
  actions: MessageAction[];
  critical: boolean;
  status: DeliveryStatus;
  kind: DeliveryKind;
  parentDeliveryId: string | null;
  renderedLocale: string;
  receivedAt: Date;
  readAt: Date | null;
  /** The recipient of whose message this is a copy, by name; empty for other messages and erased recipients. */
  originalRecipientName: string;
  /** Change time in microseconds since the epoch: Sync's cursor. Unique within an inbox. */
  changedAt: bigint;
}
