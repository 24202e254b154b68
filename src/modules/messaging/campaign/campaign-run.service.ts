import { Injectable } from '@nestjs/common';
import {
  askingSteps,
  awaitedSteps,
  type RunEvent,
  type Step,
  stepById,
  transition,
} from '@dovecote/workflow';
import type { Scope } from '../../../platform/scope/index.js';
import type { RenderResult } from '../render/index.js';
import type { Campaign } from './campaign.js';
import { type CampaignRun, CampaignRunStore } from './campaign-run.store.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { CampaignStore } from './campaign.store.js';
import { Enrollment } from './enrollment.service.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { FanOut, type Piece } from './steps/send.step.js';
import { templatesOf } from './message-template.rules.js';
import { MissedMarker } from '../delivery/missed.store.js';
import { campaignStatus } from './status.js';

/** What `campaign.advance` does next: go on at once, or be woken later (or never again). */
export type Advance = 'again' | 'rest';

export const advanceTask = 'campaign.advance';

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
    private readonly fanOut: FanOut,
    private readonly missed: MissedMarker,
    private readonly enrollment: Enrollment,
    private readonly failures: CampaignFailureStore,
  ) {}

  /** Enters the first step of a campaign that is being started, with the translations that are approved now. */
  async begin(scope: Scope, campaign: Campaign): Promise<void> {
    const { state } = transition(campaign.workflow, undefined, { type: 'started' }, scope.now());
    if (!state) throw new Error(`Campaign ${campaign.id} has no step to start with.`);
    await this.translations.pin(scope, campaign.id, templatesOf(campaign));
    await this.store.insert(scope, campaign.id, state);
    await this.wake(scope, campaign.id);
  }

  /** Forgets where a cancelled campaign stood; waits for the piece that is being sent, and no other follows. */
  async abandon(scope: Scope, campaignId: string): Promise<void> {
    await this.store.delete(scope, campaignId);
  }

  /** Asks for a look at the campaign once the transaction commits: now, or when a deadline is over. */
  async wake(scope: Scope, campaignId: string, runAt?: Date): Promise<void> {
    await scope.enqueue({
      task: advanceTask,
      payload: { campaignId },
      key: `campaign:${campaignId}`,
      runAt,
      // Each kill of a worker counts as an attempt; a campaign must outlive many.
      maxAttempts: 10_000,
    });
  }

  /** Wakes a campaign that may have nobody left to wait for, after a recipient acted on the message of a step. */
  async noteActed(scope: Scope, campaignId: string, stepId: string): Promise<void> {
    // Only the last ones ask, so that a thousand people who act at once do not queue for one job row. Each asks in
    // their own transaction: whoever commits last is seen by the job that they enqueued.
    if (await this.store.areFewWaitedFor(scope, campaignId, stepId)) await this.wake(scope, campaignId);
  }

  /** Wakes the campaigns that may have nobody left to wait for, after a recipient was deactivated or is gone. */
  async noteLeft(scope: Scope, userId: string): Promise<void> {
    for (const campaignId of await this.store.waitingFor(scope, userId)) await this.wake(scope, campaignId);
  }

  /** One piece of work of a running campaign; messages are rendered before the next transaction sends them. */
  async advance(scope: Scope, campaignId: string): Promise<Advance | Piece> {
    const run = await this.store.findForUpdate(scope, campaignId);
    // No row: cancelled, or ended by another worker.
    if (!run) return 'rest';
    const campaign = await this.campaigns.find(scope, campaignId);
    const step = campaign && stepById(campaign.workflow, run.stepId);
    if (!campaign || !step)
      throw new Error(`Campaign ${campaignId} stands at step ${run.stepId}, which it does not have.`);
    if (step.config?.kind === 'SEND_NOTIFICATION') {
      const piece = await this.fanOut.next(scope, campaign, run, step.config);
      return piece ?? this.done(scope, campaign, run, finished(step.id));
    }
    return this.done(scope, campaign, run, await this.work(scope, campaign, run, step));
  }

  /** Sends a piece, unless the campaign was cancelled or somebody else sent it meanwhile. */
  async send(scope: Scope, piece: Piece, results: readonly RenderResult[]): Promise<Advance> {
    const { campaign, stepId } = piece;
    const run = await this.store.findForUpdate(scope, campaign.id);
    if (!run) return 'rest';
    if (!isWhere(run, piece)) return 'again';
    await this.fanOut.send(scope, piece, results);
    return this.done(scope, campaign, run, piece.isLast ? finished(stepId) : 'again');
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

  /** Does a piece of the step; the event says that the step is over. */
  private async work(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
    step: Step,
  ): Promise<RunEvent | Advance> {
    switch (step.config?.kind) {
      case 'DEADLINE_CHECK':
        return this.checkDeadline(scope, campaign, run);
      case undefined:
        return (await this.missed.markNext(scope, campaign.id, askingSteps(campaign.workflow)))
          ? 'again'
          : finished(step.id);
      default:
        throw new Error(
          `Step ${step.id} of campaign ${campaign.id} is of a kind that this release does not carry out.`,
        );
    }
  }

  private async checkDeadline(
    scope: Scope,
    campaign: Campaign,
    run: CampaignRun,
  ): Promise<RunEvent | Advance> {
    const due = run.isDue;
    // Who enrolled while the message was being sent is not waited for, but found here.
    if (!due && campaign.waitForEnrollment && (await this.enrollment.sendNext(scope, campaign.id)))
      return 'again';
    // Before the look: whoever acts later finds this job under its key and moves it to now.
    if (!due) await this.wake(scope, campaign.id, run.wakeAt ?? undefined);
    const steps = awaitedSteps(campaign.workflow, run.stepId);
    // A deadline before anything is sent is there for the time itself.
    const isOver = steps.length > 0 && !(await this.store.isAnyoneWaitedFor(scope, campaign.id, steps));
    if (isOver) return { type: 'all_acted' };
    return due ? { type: 'timer', stepId: run.stepId } : 'rest';
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

function finished(stepId: string): RunEvent {
  return { type: 'step_finished', stepId, outcome: 'completed' };
}

/** Whether nothing has moved since the piece was read. */
function isWhere(run: CampaignRun, piece: Piece): boolean {
  return (
    run.stepId === piece.stepId &&
    run.cursor === piece.cursor &&
    run.enteredAt.getTime() === piece.enteredAt.getTime()
  );
}
