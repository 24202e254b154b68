import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { DeliveryModule } from '../../messaging/delivery/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { ErasureModule } from '../erasure/index.js';
import { EventModule } from '../event/index.js';
import { ProjectModule, Projects } from '../project/index.js';
import { CampaignFeedRpc } from './campaign-feed.rpc.js';
import { CampaignFeedStore } from './campaign-feed.store.js';
import { CampaignFeeds } from './campaign-feeds.service.js';
import { DeliveryEventDrain } from './delivery-event-drain.js';
import { DeliveryEvents } from './delivery-events.service.js';
import { FeedMetrics } from './feed-metrics.js';
import { EraseMemberEvents } from './member-erasure.jobs.js';
import { campaignFeedPersonalData } from './personal-data.store.js';

/**
 * The feed makes events of what happens to the messages of campaigns, in the project that the organization has chosen for them.
 *
 * - What happens to a delivery is noted in the transaction in which it happens, and is one event, whatever crashes.
 * - There is no event of a member who may not be counted, nor where the organization wants none.
 * - The person of an event is the member, by id: an SDK may link its own ids to that. No attribute of the member is copied.
 * - When a member is erased, so is the person, in every project that was fed.
 */
@Module({
  imports: [DeliveryModule, ErasureModule, EventModule, OrganizationModule, ProjectModule],
  controllers: [CampaignFeedRpc],
  providers: [
    CampaignFeeds,
    CampaignFeedStore,
    DeliveryEventDrain,
    DeliveryEvents,
    EraseMemberEvents,
    FeedMetrics,
  ],
  exports: [CampaignFeeds],
})
export class CampaignFeedModule implements OnModuleInit {
  constructor(
    private readonly feeds: CampaignFeeds,
    private readonly store: CampaignFeedStore,
    private readonly projects: Projects,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.projects.contribute((scope, { id }) => this.feeds.refuseDeletion(scope, id));
    this.personalData.contribute(campaignFeedPersonalData(this.store));
  }
}
