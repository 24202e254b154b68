import { Injectable } from '@nestjs/common';
import type { SendNotification } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import type { Scope } from '../../platform/scope/index.js';
import {
  type RecipientProfile,
  Renderer,
  type RenderForRecipient,
  type RenderResult,
  Turns,
} from '../render/index.js';
import { Templates } from '../template/index.js';
import type { Campaign } from './campaign.js';
import { type CampaignRun, CampaignRunStore } from './campaign-run.store.js';
import { CounterStore } from './counter.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { type FanOutRecipient, FanOutStore, type NewDelivery } from './fan-out.store.js';
import { templateOf } from './message-templates.js';

/** Recipients per transaction: long enough to be set-based, short enough that nothing waits for it. */
const PIECE = 2_000;

/** Actions have one id for all messages: clients echo it. */
const acknowledge = 'ack';

/** What a template is given that asks for none. */
const noProfile: RecipientProfile = { profile: {}, customAttributes: {}, preferredLocale: '' };

/** Sends a step's message to the frozen audience, piece by piece. */
@Injectable()
export class FanOut {
  constructor(
    private readonly store: FanOutStore,
    private readonly runs: CampaignRunStore,
    private readonly counters: CounterStore,
    private readonly templates: Templates,
    private readonly translations: CampaignTranslationStore,
    private readonly renderer: Renderer,
  ) {}

  /** Sends the piece behind the cursor; false when the audience has been reached to its end. */
  async sendNext(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
    stepId: string,
    config: SendNotification,
  ): Promise<boolean> {
    const slots = await this.store.nextRecipients(scope, campaign.id, run.cursor, PIECE);
    const last = slots.at(-1);
    if (!last) return false;
    const recipients = slots.filter(
      ({ reachable, restricted }) => reachable && (campaign.includeRestricted || !restricted),
    );
    const deliveries = await this.deliveriesTo(scope, campaign, config, recipients);
    const sent = await this.store.insert(scope, { campaign, stepId, deliveries, createdAt: scope.now() });
    await Promise.all([
      this.counters.add(scope, campaign.id, { recipients: sent }),
      this.runs.moveCursor(scope, campaign.id, last.position),
      scope.audit('MESSAGE_SENT', {
        entityType: 'campaign',
        entityId: campaign.id,
        metadata: { step_id: stepId, deliveries: String(sent) },
      }),
    ]);
    return slots.length === PIECE;
  }

  private async deliveriesTo(
    scope: Scope,
    campaign: Campaign,
    config: SendNotification,
    recipients: readonly FanOutRecipient[],
  ): Promise<NewDelivery[]> {
    const { render, readsProfiles } = await this.rendererOf(scope, campaign, config);
    const userIds = recipients.map(({ userId }) => userId);
    const profiles = readsProfiles ? await this.renderer.profiles(scope, userIds) : undefined;
    const deliveries: NewDelivery[] = [];
    const turns = new Turns();
    for (const { userId, variables } of recipients) {
      const profile = profiles ? profiles.get(userId) : noProfile;
      if (profile) deliveries.push(toDelivery(userId, render({ ...profile, variables })));
      await turns.take();
    }
    return deliveries;
  }

  private async rendererOf(
    scope: Scope,
    campaign: Campaign,
    config: SendNotification,
  ): Promise<{ render: RenderForRecipient; readsProfiles: boolean }> {
    const pinned = templateOf(campaign, config);
    const [template, translations, organizationLocale] = await Promise.all([
      this.templates.getVersion(scope, pinned.templateId, pinned.templateVersion),
      this.translations.list(scope, campaign.id, pinned),
      this.templates.organizationLocale(scope),
    ]);
    const render = this.renderer.compile({
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
    });
    // The profile also says which translation somebody prefers.
    const readsProfiles =
      translations.length > 0 || template.variables.some(({ source }) => source === 'PROFILE');
    return { render, readsProfiles };
  }
}

function toDelivery(userId: string, rendered: RenderResult): NewDelivery {
  return {
    id: uuid(),
    userId,
    content: rendered.ok ? rendered.content : undefined,
    failure: rendered.ok ? '' : rendered.error,
  };
}
