import { Injectable } from '@nestjs/common';
import type { SendNotification } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import type { Scope } from '../../../../platform/scope/index.js';
import { Metrics } from '../../../../platform/telemetry/metrics.js';
import {
  type MessageSource,
  type RecipientProfile,
  Renderer,
  type RenderOrigin,
  type RenderResult,
  type RenderWork,
} from '../../render/index.js';
import { Templates } from '../../template/index.js';
import type { Campaign } from '../campaign.js';
import { type CampaignRun, CampaignRunStore } from '../campaign-run.store.js';
import { CounterStore } from '../../delivery/counter.store.js';
import { CampaignTranslationStore } from '../campaign-translation.store.js';
import { type FanOutRecipient, FanOutStore, type NewDelivery } from '../../delivery/dispatch.store.js';
import { templateOf } from '../message-template.rules.js';

/** A part of the audience on its way: read, to be rendered, then written by somebody who finds the run as it was. */
export interface Piece {
  campaign: Campaign;
  stepId: string;
  enteredAt: Date;
  /** Where it begins and ends in the audience. */
  cursor: number;
  end: number;
  isLast: boolean;
  userIds: string[];
  work: RenderWork;
}

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
    private readonly metrics: Metrics,
  ) {}

  /** The piece behind the cursor; undefined when the audience has been reached to its end. */
  async next(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
    config: SendNotification,
  ): Promise<Piece | undefined> {
    const slots = await this.store.nextRecipients(scope, campaign.id, run.cursor, PIECE);
    const last = slots.at(-1);
    if (!last) return undefined;
    const reachable = slots.filter(
      (slot) => slot.reachable && (campaign.includeRestricted || !slot.restricted),
    );
    const { stepId, enteredAt, cursor } = run;
    return {
      campaign,
      stepId,
      enteredAt,
      cursor,
      end: last.position,
      isLast: slots.length < PIECE,
      ...(await this.workFor(scope, campaign, config, reachable)),
    };
  }

  /** One result for each of the piece's people. Not within a transaction: another process may do it. */
  render({ work }: Piece, origin: RenderOrigin): Promise<RenderResult[]> {
    return this.renderer.render(work, origin);
  }

  /** Writes the piece, together with how far that is. */
  async send(scope: Scope, piece: Piece, results: readonly RenderResult[]): Promise<void> {
    const { campaign, stepId, userIds } = piece;
    const deliveries = results.map((result, index) => toDelivery(userIds[index]!, result));
    const unrendered = results.filter(({ ok }) => !ok).length;
    const sent = await this.store.insert(scope, { campaign, stepId, deliveries, createdAt: scope.now() });
    await Promise.all([
      this.counters.add(scope, campaign.id, { recipients: sent }),
      this.runs.moveCursor(scope, campaign.id, piece.end),
      scope.audit('MESSAGE_SENT', {
        entityType: 'campaign',
        entityId: campaign.id,
        metadata: { step_id: stepId, deliveries: String(sent) },
      }),
    ]);
    this.metrics.deliveries.inc({ outcome: 'written' }, sent);
    this.metrics.deliveries.inc({ outcome: 'not_rendered' }, unrendered);
  }

  private async workFor(
    scope: Scope,
    campaign: Campaign,
    config: SendNotification,
    slots: readonly FanOutRecipient[],
  ): Promise<Pick<Piece, 'userIds' | 'work'>> {
    const source = await this.sourceOf(scope, campaign, config);
    // The profile also says which translation somebody prefers.
    const readsProfiles =
      source.translations.length > 0 ||
      source.template.variables.some(({ source: from }) => from === 'PROFILE');
    const ids = slots.map(({ userId }) => userId);
    const profiles = readsProfiles ? await this.renderer.profiles(scope, ids) : undefined;
    const recipients = slots.flatMap(({ userId, variables }) => {
      const profile = profiles ? profiles.get(userId) : noProfile;
      return profile ? { userId, recipient: { ...profile, variables } } : [];
    });
    return {
      userIds: recipients.map(({ userId }) => userId),
      work: { source, recipients: recipients.map(({ recipient }) => recipient) },
    };
  }

  private async sourceOf(scope: Scope, campaign: Campaign, config: SendNotification): Promise<MessageSource> {
    const pinned = templateOf(campaign, config);
    const [template, translations, organizationLocale] = await Promise.all([
      this.templates.getVersion(scope, pinned.templateId, pinned.templateVersion),
      this.translations.list(scope, campaign.id, pinned),
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
}

function toDelivery(userId: string, rendered: RenderResult): NewDelivery {
  return {
    id: uuid(),
    userId,
    content: rendered.ok ? rendered.content : undefined,
    failure: rendered.ok ? '' : rendered.error,
  };
}
