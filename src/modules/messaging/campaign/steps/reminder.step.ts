import { Injectable } from '@nestjs/common';
import type { RunEvent, SendReminder } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import { deliveryKind, FollowUpStore } from '../../delivery/index.js';
import { Channels } from '../channels.service.js';
import { type FollowUp, type FollowUpPiece, FollowUps } from '../follow-up.service.js';
import { type CampaignStep, finished, type Piece, type Standing } from './campaign-step.js';

/** SEND_REMINDER: pushes the message again to recipients who can act and have not, and notes it for others. */
@Injectable()
export class ReminderStep implements CampaignStep {
  constructor(
    private readonly followUps: FollowUps,
    private readonly messages: FollowUpStore,
    private readonly channels: Channels,
  ) {}

  async advance(scope: Scope, standing: Standing): Promise<Piece | RunEvent> {
    const followUp = followUpOf(standing);
    const piece = await this.followUps.next(scope, standing, followUp);
    if (!piece) return finished(standing.run);
    return {
      span: piece.span,
      work: async () => undefined,
      write: (tx) => this.write(tx, standing, followUp, piece),
    };
  }

  private async write(
    scope: Scope,
    standing: Standing,
    followUp: FollowUp,
    piece: FollowUpPiece,
  ): Promise<number> {
    const { campaign, step } = standing;
    await this.followUps.lock(scope, piece);
    const deliveryIds = piece.messages.map(({ deliveryId }) => deliveryId);
    const { reminded, withoutDevice } = await this.messages.remind(scope, step.id, deliveryIds);
    const batch = this.followUps.batchOf(standing, followUp, piece, deliveryKind.reminderFyi);
    const noted = await this.followUps.send(scope, batch);
    const unpushed = withoutDevice.map((deliveryId) => ({
      deliveryId,
      reason: 'no_device' as const,
      amount: 1,
    }));
    const { posts, skips } = await this.channels.tell(scope, standing, followUp, piece);
    await this.followUps.record(scope, standing, piece, [...piece.skips, ...unpushed, ...skips]);
    if (reminded + noted + posts > 0)
      await scope.audit('MESSAGE_SENT', {
        entityType: 'campaign',
        entityId: campaign.id,
        metadata: {
          step_id: step.id,
          reminders: String(reminded),
          deliveries: String(noted),
          ...(posts > 0 && { posts: String(posts) }),
          cause: 'reminder',
        },
      });
    return noted;
  }
}

function followUpOf({ step }: Standing): FollowUp {
  const { notifyTargets, thirdPartyChannels } = configOf(step);
  return {
    condition: 'open',
    targets: notifyTargets,
    channels: thirdPartyChannels,
  };
}

function configOf({ id, config }: Standing['step']): SendReminder {
  if (config?.kind !== 'SEND_REMINDER') throw new Error(`Step ${id} has nothing to remind of.`);
  return config;
}
