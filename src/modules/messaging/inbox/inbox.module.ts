import { Module } from '@nestjs/common';
import { CampaignModule } from '../campaign/index.js';
import { DeliveryModule } from '../delivery/index.js';
import { ActionRpc } from './action.rpc.js';
import { InboxRpc } from './inbox.rpc.js';
import { Inboxes } from './inbox.service.js';
import { InboxStore } from './inbox.store.js';

/**
 * An inbox is what one member has received, and where they act on it.
 * Invariants: everything is the caller's own; change times within an inbox rise and are committed in order, so that
 * a client that follows Sync's cursor misses nothing; a delivery is acknowledged once.
 */
@Module({
  imports: [CampaignModule, DeliveryModule],
  controllers: [ActionRpc, InboxRpc],
  providers: [Inboxes, InboxStore],
})
export class InboxModule {}
