import { Injectable } from '@nestjs/common';
import type { RunEvent, SendNotification } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import type { Scope } from '../../../../platform/scope/index.js';
import { Deliveries, type Skip, SkipStore } from '../../delivery/index.js';
import {
  type RecipientProfile,
  Renderer,
  type RenderOrigin,
  type RenderResult,
  type RenderWork,
} from '../../render/index.js';
import type { Campaign } from '../campaign.js';
import { CampaignMessages } from '../campaign-messages.service.js';
import { nextGap } from '../progress.rules.js';
import { type Recipient, RecipientStore } from '../recipient.store.js';
import { type CampaignStep, finished, type Piece, type Standing } from './campaign-step.js';

/** Recipients per transaction: long enough to be set-based, short enough that nothing waits for it. */
const PIECE = 2_000;

/** What a template is given that asks for none. */
const noProfile: RecipientProfile = { profile: {}, customAttributes: {}, preferredLocale: '' };

/** SEND_NOTIFICATION: sends the step's message to the frozen audience, piece by piece. */
@Injectable()
export class SendStep implements CampaignStep {
  constructor(
    private readonly recipients: RecipientStore,
    private readonly deliveries: Deliveries,
    private readonly skips: SkipStore,
    private readonly messages: CampaignMessages,
    private readonly renderer: Renderer,
  ) {}

  async advance(scope: Scope, standing: Standing): Promise<Piece | RunEvent> {
    return (await this.pieceFrom(scope, standing, 0)) ?? finished(standing.run);
  }

  async pieceFrom(
    scope: Scope,
    { campaign, run, step }: Standing,
    position: number,
  ): Promise<Piece | undefined> {
    const gap = nextGap(run.done, position);
    if (!gap) return undefined;
    const [from, to] = gap;
    const places = await this.recipients.next(scope, campaign.id, gap, PIECE);
    const last = places.at(-1);
    // A range without recipients is done, too.
    if (!last && to === null) return undefined;
    const refusals = places.map((place) => refusePlace(place, campaign));
    const reachable = places.filter((_, index) => !refusals[index]);
    const skips = places.flatMap(({ userId }, index): Skip[] => {
      const reason = refusals[index];
      return reason ? [{ userId, reason, amount: 1 }] : [];
    });
    const { userIds, work } = await this.workFor(scope, campaign, configOf(step), reachable);
    let results: readonly RenderResult[] = [];
    return {
      span: [from, last && places.length === PIECE ? last.position + 1 : to],
      work: async (origin: RenderOrigin) => {
        results = await this.renderer.render(work, origin);
      },
      write: async (tx: Scope) => {
        // Rendering may have taken long: the text for a member who was erased since is written nowhere.
        const present = await this.recipients.reachableAmong(tx, userIds);
        const deliveries = results.map((result, index) => toDelivery(userIds[index]!, result));
        await this.deliveries.dispatch(tx, {
          campaignId: campaign.id,
          stepId: step.id,
          critical: campaign.critical,
          synthetic: campaign.synthetic,
          deliveries: deliveries.filter(({ userId }) => present.has(userId)),
        });
        const left = userIds.filter((userId) => !present.has(userId));
        const late = left.map((userId): Skip => ({ userId, reason: 'recipient_inactive', amount: 1 }));
        const place = { campaignId: campaign.id, stepId: step.id, round: 0 };
        await this.skips.record(tx, place, [...skips, ...late]);
        return 0;
      },
    };
  }

  /** What is to be rendered, and for whom. */
  private async workFor(
    scope: Scope,
    campaign: Campaign,
    config: SendNotification,
    recipients: readonly Recipient[],
  ): Promise<{ userIds: string[]; work: RenderWork }> {
    const source = await this.messages.sourceOf(scope, campaign, config);
    // The profile also has the member's preferred locale.
    const readsProfiles =
      source.translations.length > 0 ||
      source.template.variables.some(({ source: from }) => from === 'PROFILE');
    const ids = recipients.map(({ userId }) => userId);
    const profiles = readsProfiles ? await this.renderer.profiles(scope, ids) : undefined;
    const present = recipients.flatMap(({ userId, variables }) => {
      const profile = profiles ? profiles.get(userId) : noProfile;
      return profile ? [{ userId, recipient: { ...profile, variables } }] : [];
    });
    return {
      userIds: present.map(({ userId }) => userId),
      work: { source, recipients: present.map(({ recipient }) => recipient) },
    };
  }
}

/** Why a place of the audience gets no message; undefined: it gets one. */
function refusePlace(
  { reachable, restricted }: Recipient,
  { includeRestricted }: Campaign,
): Skip['reason'] | undefined {
  if (!reachable) return 'recipient_inactive';
  return restricted && !includeRestricted ? 'recipient_restricted' : undefined;
}

function configOf({ id, config }: Standing['step']): SendNotification {
  if (config?.kind !== 'SEND_NOTIFICATION') throw new Error(`Step ${id} has no message to send.`);
  return config;
}

function toDelivery(userId: string, rendered: RenderResult) {
  return {
    id: uuid(),
    userId,
    content: rendered.ok ? rendered.content : undefined,
    failure: rendered.ok ? '' : rendered.error,
  };
}
