import { Injectable } from '@nestjs/common';
import type { SendNotification } from '@dovecote/workflow';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { MessageSource } from '../render/index.js';
import { Templates, Translations } from '../template/index.js';
import { AudienceStore } from './audience.store.js';
import type { Campaign } from './campaign.js';
import { CampaignStore } from './campaign.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { stepToTest, templateOf } from './message-template.rules.js';

/** Actions have one id for all messages: clients echo it. */
const acknowledge = 'ack';

/** The message of one step of a campaign. */
export interface CampaignMessage {
  readonly campaign: Campaign;
  readonly stepId: string;
  readonly source: MessageSource;
}

/** What the steps of campaigns say. */
@Injectable()
export class CampaignMessages {
  constructor(
    private readonly campaigns: CampaignStore,
    private readonly audiences: AudienceStore,
    private readonly templates: Templates,
    private readonly approved: Translations,
    private readonly copied: CampaignTranslationStore,
  ) {}

  /** What a step of a campaign sends, with the translations that were copied at the start, or would be copied now. */
  async sourceOf(scope: Scope, campaign: Campaign, config: SendNotification): Promise<MessageSource> {
    const pinned = templateOf(campaign, config);
    const { templateId, templateVersion } = pinned;
    const [template, translations, organizationLocale] = await Promise.all([
      this.templates.getVersion(scope, templateId, templateVersion),
      campaign.startedAt
        ? this.copied.list(scope, campaign.id, pinned)
        : this.approved.approved(scope, templateId, templateVersion),
      this.templates.organizationLocale(scope),
    ]);
    return {
      template,
      translations,
      title: campaign.title || undefined,
      senderName: campaign.senderName,
      actions:
        config.actionType === 'ACK'
          ? [{ id: acknowledge, type: 'ACK', label: config.actionLabel || 'Acknowledge' }]
          : [],
      stepVariables: config.customVariables,
      campaignLocale: campaign.defaultLocale,
      organizationLocale,
    };
  }

  /** The message of a step; of the first that sends one where `stepId` is empty. */
  async find(scope: Scope, campaignId: string, stepId: string): Promise<CampaignMessage> {
    const campaign = await this.campaigns.find(scope, campaignId);
    if (!campaign) throw notFound('campaign');
    const { id, config } = stepToTest(campaign.workflow, stepId);
    return { campaign, stepId: id, source: await this.sourceOf(scope, campaign, config) };
  }

  /** The values that only they get, by member; members outside of the audience have none. */
  variablesOf(
    scope: Scope,
    campaignId: string,
    userIds: readonly string[],
  ): Promise<Map<string, Record<string, string>>> {
    return this.audiences.variablesOf(scope, campaignId, userIds);
  }
}
