import { Module } from '@nestjs/common';
import { RosterModule } from '../../people/roster/index.js';
import { CampaignModule } from '../campaign/index.js';
import { DeliveryModule } from '../delivery/index.js';
import { RenderModule } from '../render/index.js';
import { PurgeTestMessages } from './test-message.jobs.js';
import { TestMessageRpc } from './test-message.rpc.js';
import { TestMessages } from './test-messages.service.js';

/**
 * Messages that authors send to themselves or to a group before a campaign does. Invariants: a test is in inboxes and outboxes of pushes, and
 * in nothing that counts, chases or reports; its title says what it is; it is deleted after seven days.
 */
@Module({
  imports: [CampaignModule, DeliveryModule, RenderModule, RosterModule],
  controllers: [TestMessageRpc],
  providers: [PurgeTestMessages, TestMessages],
})
export class TestMessageModule {}
