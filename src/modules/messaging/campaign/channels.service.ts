import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { DeeplinkTokens } from '../deeplink/index.js';
import type { Skip } from '../delivery/index.js';
import { type PostAddressee, WebhookPosts } from '../webhook/index.js';
import { followedStatuses } from './follow-up.rules.js';
import type { FollowUp, FollowUpPiece } from './follow-up.service.js';
import { ShortCodes } from './short-code.service.js';
import type { Standing } from './steps/campaign-step.js';

/** Numbers of pidgr.v1.ChannelStepKind. */
const stepKind = { reminder: 1, escalation: 2 } as const;

/** Whom a step reached on channels besides push, and whom not. */
export interface ChannelOutcome {
  /** Members who are posted to the organization's webhook. */
  readonly posts: number;
  readonly skips: Skip[];
}

/** The channels that a step names besides push. Only the organization's webhook exists yet. */
@Injectable()
export class Channels {
  constructor(
    private readonly posts: WebhookPosts,
    private readonly links: DeeplinkTokens,
    private readonly shortCodes: ShortCodes,
  ) {}

  /** Behind the locks of the piece: messages that were acknowledged since they were found are passed over. */
  async tell(
    scope: Scope,
    standing: Standing,
    { condition, channels }: FollowUp,
    piece: FollowUpPiece,
  ): Promise<ChannelOutcome> {
    if (channels.length === 0 || piece.messages.length === 0) return { posts: 0, skips: [] };
    const posted = channels.includes('WEBHOOK') ? await this.post(scope, standing, condition, piece) : 0;
    const skips = [...new Set(channels)].flatMap((channel) => {
      const reason = channel === 'WEBHOOK' ? posted : 'channel_unavailable';
      if (typeof reason === 'number') return [];
      return piece.messages.map(({ deliveryId }): Skip => ({ deliveryId, reason, channel, amount: 1 }));
    });
    return { posts: typeof posted === 'number' ? posted : 0, skips };
  }

  private async post(
    scope: Scope,
    { campaign, run, step }: Standing,
    condition: FollowUp['condition'],
    piece: FollowUpPiece,
  ): ReturnType<WebhookPosts['open']> {
    const isReminder = step.type === 'SEND_REMINDER';
    const told = piece.copies.map(({ parentId, userId }) => ({ deliveryId: parentId, userId }));
    // A reminder is for the recipient, too; an escalation is for others.
    const reached = isReminder ? [...piece.messages, ...told] : told;
    const links = await this.links.links(
      scope,
      {
        campaignId: campaign.id,
        shortCode: await this.shortCodes.resolveOrCreate(scope, campaign.id),
        stepKind: stepKind[isReminder ? 'reminder' : 'escalation'],
      },
      reached.map(({ userId }) => userId),
    );
    return this.posts.open(scope, {
      ...{ campaignId: campaign.id, stepId: run.stepId, round: run.round },
      addressees: reached.map(({ deliveryId, userId }, index): PostAddressee => ({
        ...{ deliveryId, userId },
        deeplinkUrl: links[index] ?? '',
      })),
      messageStatuses: followedStatuses[condition],
      voidOnceAcknowledged: condition !== 'any',
    });
  }
}
