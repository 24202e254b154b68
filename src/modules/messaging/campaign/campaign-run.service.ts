import { Injectable } from '@nestjs/common';
import { type RunEvent, shortenedWait, stepById, transition } from '@dovecote/workflow';
import { holdErasures } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Enrollment, OpenDeliveryStore } from '../delivery/index.js';
import { type Campaign, campaignStatus } from './campaign.js';
import { CampaignPauses } from './campaign-pauses.service.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { type CampaignRun, CampaignRunStore, ENGINE_VERSION } from './campaign-run.store.js';
import { CampaignStore } from './campaign.store.js';
import { CampaignTranslationStore } from './campaign-translation.store.js';
import { CampaignWake } from './campaign-wake.service.js';
import { templatesOf } from './message-template.rules.js';
import { isComplete } from './progress.rules.js';
import {
  type Advance,
  type CampaignStep,
  finished,
  type Piece,
  type Standing,
} from './steps/campaign-step.js';
import { StepTable } from './steps/step-table.js';

/** Between two looks at a run that a newer release has begun. */
const NEWER_PAUSE_MS = 60_000;

/** A piece of the step at which a campaign stood when it was read. */
export interface PieceOfRun extends Standing {
  piece: Piece;
}

/** The campaign no longer stands where the piece was read, is paused, or another worker has written some of it. */
export class PieceOvertaken extends Error {}

/**
 * Advances a started campaign through its workflow in small transactions: each piece of work commits together
 * with its progress, so that a retry after a crash does the remaining work only.
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
    private readonly pauses: CampaignPauses,
  ) {}

  /** Enters the first step of a campaign that is being started, with the translations that are approved now. */
  async begin(scope: Scope, campaign: Campaign): Promise<void> {
    const now = await this.store.now(scope);
    const { state } = transition(campaign.workflow, undefined, { type: 'started' }, now);
    if (!state) throw new Error(`Campaign ${campaign.id} has no step to start with.`);
    await this.translations.pin(scope, campaign.id, templatesOf(campaign));
    await this.store.insert(scope, campaign.id, state);
    await this.wakes.wake(scope, campaign.id);
  }

  /** Forgets where a cancelled campaign stood: no piece that is not committed yet can be. */
  async abandon(scope: Scope, campaignId: string): Promise<void> {
    await this.store.delete(scope, campaignId);
  }

  /** Pushes what waited for a person to have a device. */
  async sendToEnrolled(scope: Scope, userId: string): Promise<void> {
    await holdErasures(scope);
    const notPushed = await this.open.campaignsNotPushedTo(scope, userId);
    const waiting = await this.campaigns.waitingAmong(scope, notPushed);
    if (waiting.length > 0) await this.enrollment.sendToUser(scope, userId, waiting);
  }

  /**
   * Pushes a part of what waited for people who got a device during a pause; false when nothing is left of it. Pieces that
   * were in flight lock inboxes before the run, so that this does not lock the run against them.
   */
  async catchUp(scope: Scope, campaignId: string): Promise<boolean> {
    await holdErasures(scope);
    const [waiting] = await this.campaigns.waitingAmong(scope, [campaignId]);
    return waiting !== undefined && this.enrollment.sendNext(scope, waiting);
  }

  /** One look at a running campaign: what can be done at once is done, a piece is to be worked on and written. */
  async advance(scope: Scope, campaignId: string): Promise<Advance | PieceOfRun> {
    await holdErasures(scope);
    const run = await this.store.findForUpdate(scope, campaignId);
    // No row: cancelled, or ended by another worker.
    if (!run) return 'rest';
    // The job that follows the end of the pause wakes it.
    if (run.pausedAt) return 'rest';
    if (run.engineVersion > ENGINE_VERSION) return this.leaveToNewer(scope, campaignId);
    const standing = await this.shortened(scope, await this.standingOf(scope, campaignId, run));
    const next = await standing.kind.advance(scope, standing);
    if (typeof next === 'object' && 'work' in next) return { ...standing, piece: next };
    return this.done(scope, standing, next);
  }

  /** A piece behind one that is in flight, if there is any. */
  async pieceBehind(scope: Scope, { campaign, run, piece }: PieceOfRun): Promise<PieceOfRun | undefined> {
    const [, end] = piece.span;
    const now = end === null ? undefined : await this.store.find(scope, campaign.id);
    if (end === null || !now || now.pausedAt || !isSameStep(now, run)) return undefined;
    const standing = await this.standingOf(scope, campaign.id, now);
    const behind = await standing.kind.pieceFrom?.(scope, standing, end);
    return behind && { ...standing, piece: behind };
  }

  /** Writes a piece. Throws PieceOvertaken, for the transaction to be rolled back, when nothing of it may stay. */
  async write(scope: Scope, { campaign, run, step, piece }: PieceOfRun): Promise<Advance> {
    await holdErasures(scope);
    const copies = await piece.write(scope);
    // Last: pieces that are written at the same time wait for each other here, and here only.
    const done = await this.store.addDone(scope, campaign.id, run, piece.span, copies);
    if (!done) throw new PieceOvertaken();
    if (await this.pauses.pauseIfFailing(scope, campaign)) return 'rest';
    const standing = { campaign, run: { ...run, now: done.now }, step };
    return this.done(scope, standing, isComplete(done.done) ? finished(run) : 'again');
  }

  /** A process of a newer release has begun it, and its workers carry it on. */
  private async leaveToNewer(scope: Scope, campaignId: string): Promise<Advance> {
    await this.wakes.wake(scope, campaignId, new Date(scope.now().getTime() + NEWER_PAUSE_MS));
    return 'rest';
  }

  private async standingOf(
    scope: Scope,
    campaignId: string,
    run: CampaignRun,
  ): Promise<Standing & { kind: CampaignStep }> {
    const campaign = await this.campaigns.find(scope, campaignId);
    const step = campaign && stepById(campaign.workflow, run.stepId);
    if (!campaign || !step)
      throw new Error(`Campaign ${campaignId} is at step ${run.stepId}, which its workflow does not have.`);
    const kind = this.steps.find(step.type);
    return { campaign, run, step, kind };
  }

  /** The clock may have been set back since a wait began: it takes no longer than its step says. */
  private async shortened<S extends Standing>(scope: Scope, standing: S): Promise<S> {
    const { campaign, run } = standing;
    const place = { stepId: run.stepId, wakeAt: run.wakeAt ?? undefined };
    const wakeAt = shortenedWait(campaign.workflow, place, run.now);
    if (!wakeAt) return standing;
    await this.store.wakeUp(scope, campaign.id, wakeAt);
    return { ...standing, run: { ...run, wakeAt } };
  }

  private async done(scope: Scope, standing: Standing, event: RunEvent | Advance): Promise<Advance> {
    if (standing.run.failures > 0) await this.failures.forget(scope, standing.campaign.id);
    return event === 'again' || event === 'rest' ? event : this.enter(scope, standing, event);
  }

  private async enter(scope: Scope, { campaign, run }: Standing, event: RunEvent): Promise<Advance> {
    const { stepId, enteredAt, round, wakeAt } = run;
    const state = { stepId, enteredAt, round, wakeAt: wakeAt ?? undefined };
    const next = transition(campaign.workflow, state, event, run.now);
    if (next.state) {
      await this.store.enter(scope, campaign.id, next.state);
      return 'again';
    }
    await this.campaigns.end(scope, campaign.id, campaignStatus.completed);
    await this.store.delete(scope, campaign.id);
    return 'rest';
  }
}

function isSameStep(now: CampaignRun, then: CampaignRun): boolean {
  return (
    now.stepId === then.stepId &&
    now.round === then.round &&
    now.enteredAt.getTime() === then.enteredAt.getTime()
  );
}
