import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { ApprovalModule } from '../approval/index.js';
import { DeeplinkModule } from '../deeplink/index.js';
import { DeliveryModule } from '../delivery/index.js';
import { DeviceModule } from '../device/index.js';
import { CampaignCounts, OrganizationModule, WorkflowChecks } from '../../people/organization/index.js';
import { RoleModule } from '../../people/role/index.js';
import { RosterModule } from '../../people/roster/index.js';
import { RenderModule } from '../render/index.js';
import { TemplateModule } from '../template/index.js';
import { WebhookModule } from '../webhook/index.js';
import { campaignPersonalData } from './personal-data.store.js';
import { AudienceSizes } from './audience-sizes.js';
import { AudienceStore } from './audience.store.js';
import { CampaignDuplicates } from './campaign-duplicates.service.js';
import { CampaignContentStore } from './campaign-content.store.js';
import { CampaignContents } from './campaign-contents.service.js';
import { CampaignEdits } from './campaign-edits.service.js';
import { CampaignMessages } from './campaign-messages.service.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { CampaignFailures } from './campaign-failures.service.js';
import {
  AdvanceCampaign,
  ContinueAfterWebhook,
  DismissCopies,
  NoteRecipientLeft,
  RecallCampaigns,
  ResumeCampaign,
  SendToEnrolled,
  StopCampaigns,
} from './campaign.jobs.js';
import { CampaignRpc } from './campaign.rpc.js';
import { CampaignRuns } from './campaign-run.service.js';
import { CampaignRunStore } from './campaign-run.store.js';
import { Campaigns } from './campaign.service.js';
import { CampaignStore } from './campaign.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { CampaignPauses } from './campaign-pauses.service.js';
import { CampaignPauseStore } from './campaign-pause.store.js';
import { CampaignPieces } from './campaign-pieces.service.js';
import { CampaignWake } from './campaign-wake.service.js';
import { Channels } from './channels.service.js';
import { Copies } from './copies.service.js';
import { FollowUps } from './follow-up.service.js';
import { ManagerStore } from './manager.store.js';
import { OmissionStore } from './omission.store.js';
import { RecipientStore } from './recipient.store.js';
import { ResolutionStore } from './resolution.store.js';
import { ResolvedAudiences } from './resolved-audiences.service.js';
import { ShortCodes } from './short-code.service.js';
import { ShortCodeStore } from './short-code.store.js';
import { StatisticsStore } from './statistics.store.js';
import { DeadlineStep } from './steps/deadline.step.js';
import { EscalateStep } from './steps/escalate.step.js';
import { MissedStep } from './steps/missed.step.js';
import { ReminderStep } from './steps/reminder.step.js';
import { SendStep } from './steps/send.step.js';
import { StepTable } from './steps/step-table.js';
import { WebhookStep } from './steps/webhook.step.js';
import { Targets } from './target.service.js';
import { Turnout } from './turnout.service.js';
import { TurnoutStore } from './turnout.store.js';

/**
 * A campaign is a pinned template version, a frozen audience and a workflow; started, it keeps the translations
 * that are approved then, and becomes a ledger of deliveries. Invariants: nothing changes after the start but the run; nothing of a paused one acts; one delivery for each recipient and step,
 * whatever crashes; every piece of work commits together with how far it came.
 */
@Module({
  imports: [
    ApprovalModule,
    DeeplinkModule,
    DeliveryModule,
    DeviceModule,
    OrganizationModule,
    RenderModule,
    RoleModule,
    RosterModule,
    TemplateModule,
    WebhookModule,
  ],
  controllers: [CampaignRpc],
  providers: [
    AdvanceCampaign,
    ContinueAfterWebhook,
    NoteRecipientLeft,
    AudienceSizes,
    AudienceStore,
    CampaignContents,
    CampaignContentStore,
    CampaignDuplicates,
    CampaignEdits,
    CampaignFailures,
    CampaignFailureStore,
    CampaignMessages,
    CampaignPauses,
    CampaignPauseStore,
    CampaignPieces,
    CampaignRuns,
    CampaignRunStore,
    Campaigns,
    CampaignStore,
    CampaignTranslationStore,
    CampaignWake,
    Channels,
    Copies,
    DeadlineStep,
    DismissCopies,
    EscalateStep,
    FollowUps,
    ManagerStore,
    MissedStep,
    OmissionStore,
    RecallCampaigns,
    RecipientStore,
    ReminderStep,
    ResumeCampaign,
    ResolutionStore,
    ResolvedAudiences,
    SendStep,
    SendToEnrolled,
    ShortCodes,
    ShortCodeStore,
    StatisticsStore,
    StepTable,
    StopCampaigns,
    Targets,
    Turnout,
    TurnoutStore,
    WebhookStep,
  ],
  exports: [
    CampaignContents,
    CampaignDuplicates,
    CampaignEdits,
    CampaignMessages,
    CampaignPauses,
    Campaigns,
    CampaignWake,
    Copies,
    ResolvedAudiences,
    StatisticsStore,
  ],
})
export class CampaignModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly counts: CampaignCounts,
    private readonly store: CampaignStore,
    private readonly checks: WorkflowChecks,
    private readonly targets: Targets,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(campaignPersonalData);
    this.checks.contribute((scope, workflow, field) => this.targets.violations(scope, workflow, field));
    this.counts.contribute((scope) => this.store.countOver(scope));
  }
}
