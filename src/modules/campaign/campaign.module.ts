import { Module } from '@nestjs/common';
import { DeviceModule } from '../device/index.js';
import { RenderModule } from '../render/index.js';
import { TemplateModule } from '../template/index.js';
import { AudienceStore } from './audience.store.js';
import { AdvanceCampaign } from './campaign.jobs.js';
import { CampaignRpc } from './campaign.rpc.js';
import { CampaignRuns } from './campaign-run.service.js';
import { CampaignRunStore } from './campaign-run.store.js';
import { Campaigns } from './campaign.service.js';
import { CampaignStore } from './campaign.store.js';
import { CounterStore } from './counter.store.js';
import { DeliveryStore } from './delivery.store.js';
import { FanOut } from './fan-out.js';
import { FanOutStore } from './fan-out.store.js';
import { MissedMarker } from './missed-marker.js';
import { ShortCodes } from './short-code.service.js';
import { ShortCodeStore } from './short-code.store.js';

/**
 * A campaign is a pinned template version, a frozen audience and a workflow; started, it becomes a ledger of
 * deliveries. Invariants: nothing changes after the start but the run; one delivery for each recipient and step,
 * whatever crashes; every piece of work commits together with how far it came.
 */
@Module({
  imports: [DeviceModule, RenderModule, TemplateModule],
  controllers: [CampaignRpc],
  providers: [
    AdvanceCampaign,
    AudienceStore,
    CampaignRuns,
    CampaignRunStore,
    Campaigns,
    CampaignStore,
    CounterStore,
    DeliveryStore,
    FanOut,
    FanOutStore,
    MissedMarker,
    ShortCodes,
    ShortCodeStore,
  ],
  exports: [CampaignRuns, CounterStore],
})
export class CampaignModule {}
