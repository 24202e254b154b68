import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetMessageRequest,
  type GetMessageResponseSchema,
  InboxService,
  type MarkReadRequest,
  type MarkReadResponseSchema,
  type SyncRequest,
  type SyncResponseSchema,
} from '@dovecote/contract/pidgr/v1/inbox_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromCursor, fromInboxEntry, toCursor } from './inbox.mapper.js';
import { Inboxes } from './inbox.service.js';

@Controller()
export class InboxRpc {
  constructor(private readonly inboxes: Inboxes) {}

  @Rpc(InboxService.method.sync)
  async sync(
    { since, limit }: SyncRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SyncResponseSchema>> {
    const entries = await this.inboxes.sync(scope, since && toCursor(since), limit);
    const last = entries.at(-1);
    return { entries: entries.map(fromInboxEntry), nextSince: last ? fromCursor(last.changedAt) : since };
  }

  @Rpc(InboxService.method.markRead)
  async markRead(
    { deliveryId }: MarkReadRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof MarkReadResponseSchema>> {
    await this.inboxes.markRead(scope, deliveryId);
    return { success: true };
  }

  @Rpc(InboxService.method.getMessage)
  async getMessage(
    { deliveryId }: GetMessageRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetMessageResponseSchema>> {
    return { entry: fromInboxEntry(await this.inboxes.get(scope, deliveryId)) };
  }
}
