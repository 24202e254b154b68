import { Injectable } from '@nestjs/common';
import { awaitedSteps, type Escalate, isDue, type RunEvent } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import { CopyStore, deliveryKind, OpenDeliveryStore } from '../../delivery/index.js';
import { CampaignWake } from '../campaign-wake.service.js';
import { Channels } from '../channels.service.js';
import { Turnout } from '../turnout.service.js';
import { type FollowUp, type FollowUpPiece, FollowUps } from '../follow-up.service.js';
import { type Advance, type CampaignStep, finished, type Piece, type Standing } from './campaign-step.js';

/** ESCALATE: tells others of recipients, in rounds; holds the path until the last round or until no recipient is left. */
@Injectable()
export class EscalateStep implements CampaignStep {
  constructor(
    private readonly followUps: FollowUps,
    private readonly copies: CopyStore,
    private readonly open: OpenDeliveryStore,
    private readonly wakes: CampaignWake,
    private readonly turnout: Turnout,
    private readonly channels: Channels,
  ) {}

  async advance(scope: Scope, standing: Standing): Promise<Piece | RunEvent | Advance> {
    if (standing.run.wakeAt) return this.wait(scope, standing);
    const config = configOf(standing.step);
    const followUp = followUpOf(config);
    const piece = await this.followUps.next(scope, standing, followUp);
    if (!piece) return finished(standing.run);
    return {
      span: piece.span,
      work: async () => undefined,
      write: (tx) => this.write(tx, standing, config, piece),
    };
  }

  /** Until the next round. */
  private async wait(scope: Scope, { campaign, run, step }: Standing): Promise<RunEvent | Advance> {
    const { stepId, round, wakeAt } = run;
    const due = isDue(wakeAt, run.now);
    await this.turnout.lock(scope, campaign.id);
    // Enqueued before the check, as a deadline does: a recipient who acts later moves this job to now.
    if (!due) await this.wakes.wake(scope, campaign.id, wakeAt ?? undefined);
    if (await this.haveAllAcknowledged(scope, { campaign, run, step }))
      return { type: 'all_acted', stepId, round };
    return due ? { type: 'timer', stepId, round } : 'rest';
  }

  private async haveAllAcknowledged(scope: Scope, { campaign, run, step }: Standing): Promise<boolean> {
    const { id, workflow } = campaign;
    if (configOf(step).condition === 'IF_NOT_CLOSED') {
      await this.turnout.expectNone(scope, id);
      return false;
    }
    const steps = awaitedSteps(workflow, run.stepId);
    const count = await this.open.countUnacknowledged(scope, id, steps);
    await this.turnout.expect(scope, id, count);
    return count.open === 0;
  }

  private async write(
    scope: Scope,
    standing: Standing,
    config: Escalate,
    piece: FollowUpPiece,
  ): Promise<number> {
    const { campaign, run, step } = standing;
    await this.followUps.lock(scope, piece);
    const followUp = followUpOf(config);
    const batch = this.followUps.batchOf(standing, followUp, piece, deliveryKind.escalation);
    const isAlert = config.mode === 'ALERT_ONLY';
    const told = isAlert ? await this.copies.alert(scope, batch) : await this.followUps.send(scope, batch);
    const { posts, skips } = await this.channels.tell(scope, standing, followUp, piece);
    await this.followUps.record(scope, standing, piece, [...piece.skips, ...skips]);
    if (told + posts > 0)
      await scope.audit('ESCALATION_EXECUTED', {
        entityType: 'campaign',
        entityId: campaign.id,
        metadata: {
          step_id: step.id,
          round: String(run.round),
          [isAlert ? 'alerts' : 'deliveries']: String(told),
          ...(posts > 0 && { posts: String(posts) }),
        },
      });
    return told;
  }
}

function followUpOf({ condition, targets, thirdPartyChannels }: Escalate): FollowUp {
  return {
    condition: condition === 'IF_NOT_CLOSED' ? 'any' : 'not_acknowledged',
    targets,
    channels: thirdPartyChannels,
  };
}

function configOf({ id, config }: Standing['step']): Escalate {
  if (config?.kind !== 'ESCALATE') throw new Error(`Step ${id} names no one to tell.`);
  return config;
}
