import { Injectable } from '@nestjs/common';
import { type RunEvent, stepById, transition } from '@dovecote/workflow';
import type { Scope } from '../../../platform/scope/index.js';
import { Enrollment, OpenDeliveryStore } from '../delivery/index.js';
import { type Campaign, campaignStatus } from './campaign.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { type CampaignRun, CampaignRunStore } from './campaign-run.store.js';
import { CampaignStore } from './campaign.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { CampaignWake } from './campaign-wake.service.js';
import { templatesOf } from './message-template.rules.js';
import { type Advance, finished, type Piece } from './steps/campaign-step.js';
import { StepTable } from './steps/step-table.js';

/** A piece of the step at which a campaign stood when it was read. */
export interface PieceOfRun {
  campaign: Campaign;
  run: CampaignRun;
  piece: Piece;
}

/**
 * Carries a started campaign through its workflow, one small transaction at a time: each piece of work commits
 * together with how far it came, so that whoever goes on after a crash goes on exactly there.
 */
@Injectable()
export class CampaignRuns {
  constructor(
    private readonly store: CampaignRunStore,
    private readonly campaigns: CampaignStore,
    private readonly translations: CampaignTranslationStore,
    private readonly steps: StepTable,
    private readonly wakes: CampaignWake,
    private readonly enrollment: Enrollment,
    private readonly open: OpenDeliveryStore,
    private readonly failures: CampaignFailureStore,
  ) {}

  /** Enters the first step of a campaign that is being started, with the translations that are approved now. */
  async begin(scope: Scope, campaign: Campaign): Promise<void> {
    const { state } = transition(campaign.workflow, undefined, { type: 'started' }, scope.now());
    if (!state) throw new Error(`Campaign ${campaign.id} has no step to start with.`);
    await this.translations.pin(scope, campaign.id, templatesOf(campaign));
    await this.store.insert(scope, campaign.id, state);
    await this.wakes.wake(scope, campaign.id);
  }

  /** Forgets where a cancelled campaign stood; waits for the piece that is being sent, and no other follows. */
  async abandon(scope: Scope, campaignId: string): Promise<void> {
    await this.store.delete(scope, campaignId);
  }

  /** Pushes what waited for a person to have a device. */
  async sendToEnrolled(scope: Scope, userId: string): Promise<void> {
    const notPushed = await this.open.campaignsNotPushedTo(scope, userId);
    const waiting = await this.campaigns.waitingAmong(scope, notPushed);
    if (waiting.length > 0) await this.enrollment.sendToUser(scope, userId, waiting);
  }

  /** One look at a running campaign: what can be done at once is done, a piece is to be worked on and written. */
  async advance(scope: Scope, campaignId: string): Promise<Advance | PieceOfRun> {
    const run = await this.store.findForUpdate(scope, campaignId);
    // No row: cancelled, or ended by another worker.
    if (!run) return 'rest';
    const campaign = await this.campaigns.find(scope, campaignId);
    const step = campaign && stepById(campaign.workflow, run.stepId);
    if (!campaign || !step)
      throw new Error(`Campaign ${campaignId} is at step ${run.stepId}, which its workflow does not have.`);
    const kind = this.steps.find(step.type);
    if (!kind)
      throw new Error(
        `Step ${step.id} of campaign ${campaignId} has a type that this release does not implement.`,
      );
    const next = await kind.advance(scope, { campaign, run, step });
    if (typeof next === 'object' && 'work' in next) return { campaign, run, piece: next };
    return this.done(scope, campaign, run, next);
  }

  /** Writes a piece, unless the campaign was cancelled or another worker wrote it meanwhile. */
  async write(scope: Scope, { campaign, run, piece }: PieceOfRun): Promise<Advance> {
    const now = await this.store.findForUpdate(scope, campaign.id);
    if (!now) return 'rest';
    if (!isUnmoved(now, run)) return 'again';
    await Promise.all([piece.write(scope), this.store.moveCursor(scope, campaign.id, piece.end)]);
    return this.done(scope, campaign, now, piece.isLast ? finished(run.stepId) : 'again');
  }

  private async done(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
    event: RunEvent | Advance,
  ): Promise<Advance> {
    if (run.failures > 0) await this.failures.forget(scope, campaign.id);
    return event === 'again' || event === 'rest' ? event : this.enter(scope, campaign, run, event);
  }

  private async enter(scope: Scope, campaign: Campaign, run: CampaignRun, event: RunEvent): Promise<Advance> {
    const { stepId, enteredAt, wakeAt } = run;
    const next = transition(
      campaign.workflow,
      { stepId, enteredAt, wakeAt: wakeAt ?? undefined },
      event,
      scope.now(),
    );
    if (next.state) {
      await this.store.enter(scope, campaign.id, next.state);
      return 'again';
    }
    await this.campaigns.end(scope, campaign.id, campaignStatus.completed);
    await this.store.delete(scope, campaign.id);
    return 'rest';
  }
}

/** Whether nothing has moved since the piece was read. */
function isUnmoved(now: CampaignRun, then: CampaignRun): boolean {
  return (
    now.stepId === then.stepId &&
    now.cursor === then.cursor &&
    now.enteredAt.getTime() === then.enteredAt.getTime()
  );
}
