import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { DeliveryMetadataSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, type MessageSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import type { InboxEntrySchema } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { deliveryKind } from '../delivery/index.js';
import type { InboxEntry, MessageAction } from './inbox-entry.js';
import { offeredActions } from './inbox.rules.js';

const MICROS = 1_000_000n;

/** Sync's cursor on the wire: a time, exact to the microsecond. */
export function fromCursor(micros: bigint): { seconds: bigint; nanos: number } {
  return { seconds: micros / MICROS, nanos: Number(micros % MICROS) * 1000 };
}

export function toCursor(timestamp: Timestamp): bigint {
  return timestamp.seconds * MICROS + BigInt(Math.floor(timestamp.nanos / 1000));
}

function fromMessage(
  entry: InboxEntry,
  actions: readonly MessageAction[],
): MessageInitShape<typeof MessageSchema> {
  return {
    contentId: entry.contentId,
    campaignId: entry.campaignId,
    senderName: entry.senderName,
    summary: entry.summary,
    preview: entry.preview,
    body: entry.body,
    critical: entry.critical,
    actions: actions.map(({ id, type, label }) => ({ id, type: ActionType[type], label })),
    createdAt: timestampFromDate(entry.receivedAt),
    title: entry.title,
  };
}

/** The message and the recipient of which this is a copy. */
function fromOriginal(entry: InboxEntry): MessageInitShape<typeof DeliveryMetadataSchema> | undefined {
  if (entry.kind === deliveryKind.primary) return undefined;
  return {
    originalMessage: fromMessage(entry, []),
    originalRecipientName: entry.originalRecipientName,
    campaignTitle: entry.title,
    reminderFiredAt:
      entry.kind === deliveryKind.reminderFyi ? timestampFromDate(entry.receivedAt) : undefined,
  };
}

export function fromInboxEntry(entry: InboxEntry): MessageInitShape<typeof InboxEntrySchema> {
  return {
    deliveryId: entry.deliveryId,
    message: fromMessage(entry, offeredActions(entry)),
    metadata: fromOriginal(entry),
    status: entry.status,
    read: entry.readAt !== null,
    receivedAt: timestampFromDate(entry.receivedAt),
    kind: entry.kind,
    parentDeliveryId: entry.parentDeliveryId ?? '',
    renderedLocale: entry.renderedLocale,
  };
}
