import { Module } from '@nestjs/common';
import { DeviceModule } from '../device/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { RenderModule } from '../render/index.js';
import { TemplateModule } from '../template/index.js';
import { AudienceStore } from './audience.store.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { CampaignFailures } from './campaign-failures.service.js';
import { AdvanceCampaign, NoteRecipientLeft, SendToEnrolled, StopCampaigns } from './campaign.jobs.js';
import { CampaignRpc } from './campaign.rpc.js';
import { CampaignRuns } from './campaign-run.service.js';
import { CampaignRunStore } from './campaign-run.store.js';
import { Campaigns } from './campaign.service.js';
import { CampaignStore } from './campaign.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { CounterStore } from '../delivery/counter.store.js';
import { DeliveryStore } from '../delivery/delivery.store.js';
import { Enrollment } from './enrollment.service.js';
import { EnrollmentStore } from '../delivery/enrollment.store.js';
import { FanOut } from './steps/send.step.js';
import { FanOutStore } from '../delivery/dispatch.store.js';
import { MissedMarker } from '../delivery/missed.store.js';
import { ShortCodes } from './short-code.service.js';
import { ShortCodeStore } from './short-code.store.js';

/**
 * A campaign is a pinned template version, a frozen audience and a workflow; started, it keeps the translations
 * that are approved then, and becomes a ledger of deliveries. Invariants: nothing changes after the start but the run; one delivery for each recipient and step,
 * whatever crashes; every piece of work commits together with how far it came.
 */
@Module({
  imports: [DeviceModule, OrganizationModule, RenderModule, TemplateModule],
  controllers: [CampaignRpc],
  providers: [
    AdvanceCampaign,
    NoteRecipientLeft,
    AudienceStore,
    CampaignFailures,
    CampaignFailureStore,
    CampaignRuns,
    CampaignRunStore,
    Campaigns,
    CampaignStore,
    CampaignTranslationStore,
    CounterStore,
    DeliveryStore,
    Enrollment,
    EnrollmentStore,
    FanOut,
    FanOutStore,
    MissedMarker,
    SendToEnrolled,
    ShortCodes,
    ShortCodeStore,
    StopCampaigns,
  ],
  exports: [CampaignRuns, Campaigns, CounterStore],
})
export class CampaignModule {}
