import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ActionType } from '@dovecote/contract/pidgr/v1/common_pb';
import type { InboxEntrySchema } from '@dovecote/contract/pidgr/v1/inbox_pb';
import type { InboxEntry } from './inbox-entry.js';
import { offeredActions } from './inbox.rules.js';

const MICROS = 1_000_000n;

/** Sync's cursor on the wire: a time, exact to the microsecond. */
export function fromCursor(micros: bigint): { seconds: bigint; nanos: number } {
  return { seconds: micros / MICROS, nanos: Number(micros % MICROS) * 1000 };
}

export function toCursor(timestamp: Timestamp): bigint {
  return timestamp.seconds * MICROS + BigInt(Math.floor(timestamp.nanos / 1000));
}

export function fromInboxEntry(entry: InboxEntry): MessageInitShape<typeof InboxEntrySchema> {
  return {
    deliveryId: entry.deliveryId,
    message: {
      contentId: entry.contentId,
      campaignId: entry.campaignId,
      senderName: entry.senderName,
      summary: entry.summary,
      preview: entry.preview,
      body: entry.body,
      critical: entry.critical,
      actions: offeredActions(entry).map(({ id, type, label }) => ({ id, type: ActionType[type], label })),
      createdAt: timestampFromDate(entry.receivedAt),
      title: entry.title,
    },
    status: entry.status,
    read: entry.readAt !== null,
    receivedAt: timestampFromDate(entry.receivedAt),
    kind: entry.kind,
    parentDeliveryId: entry.parentDeliveryId ?? '',
    renderedLocale: entry.renderedLocale,
  };
}
