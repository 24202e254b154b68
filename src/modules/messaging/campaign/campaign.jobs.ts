import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import { HandlesJob, type JobContext, type JobHandler, untilYield } from '../../../platform/worker/index.js';
import { enrolledTask } from '../device/index.js';
import { leftTask } from '../../people/member/index.js';
import { OrganizationDeletions, shutTask } from '../../people/organization/index.js';
import { settledTask } from '../webhook/index.js';
import { CampaignPauses, resumeTask } from './campaign-pauses.service.js';
import { Copies, dismissTask } from './copies.service.js';
import { CampaignFailures } from './campaign-failures.service.js';
import { Campaigns } from './campaign.service.js';
import { CampaignPieces } from './campaign-pieces.service.js';
import { CampaignRuns } from './campaign-run.service.js';
import { advanceTask, CampaignWake } from './campaign-wake.service.js';
import type { Advance } from './steps/campaign-step.js';

/** Carries a campaign forward until it has to wait, or its time is up. */
@Injectable()
@HandlesJob({ task: advanceTask })
export class AdvanceCampaign implements JobHandler<{ campaignId: string }> {
  constructor(
    private readonly runs: CampaignRuns,
    private readonly pieces: CampaignPieces,
    private readonly wakes: CampaignWake,
    private readonly failures: CampaignFailures,
  ) {}

  async handle({ campaignId }: { campaignId: string }, context: JobContext): Promise<void> {
    try {
      await this.advance(campaignId, { ...context, signal: untilYield(context) });
    } catch (error) {
      const note = context.run((scope) => this.failures.note(scope, campaignId, error));
      // What cannot even be noted is tried again; the first error is the one worth reporting.
      if ((await note.catch(() => 'retry')) === 'retry') throw error;
    }
  }

  private async advance(campaignId: string, context: JobContext): Promise<void> {
    while ((await this.next(campaignId, context)) === 'again') {
      if (!context.signal.aborted) continue;
      // Time is up, or the worker is stopping: another job continues.
      return context.run((scope) => this.wakes.wake(scope, campaignId));
    }
  }

  private async next(campaignId: string, context: JobContext): Promise<Advance> {
    const next = await context.run((scope) => this.runs.advance(scope, campaignId));
    return next === 'again' || next === 'rest' ? next : this.pieces.carry(next, context);
  }
}

/** The backstop of all events that wake campaigns. */
@Injectable()
@HandlesJob({ task: { name: 'campaign.recall', lane: 'campaign', priority: 'normal' }, cron: '*/10 * * * *' })
export class RecallCampaigns implements JobHandler {
  constructor(private readonly wakes: CampaignWake) {}

  async handle(_payload: Record<string, unknown>, { run }: JobContext): Promise<void> {
    await run((scope) => this.wakes.recall(scope));
  }
}

/** Settles the copies of a message that its recipient has acknowledged. */
@Injectable()
@HandlesJob({ task: dismissTask })
export class DismissCopies implements JobHandler<{ campaignId: string; deliveryId: string }> {
  constructor(private readonly copies: Copies) {}

  async handle(
    { campaignId, deliveryId }: { campaignId: string; deliveryId: string },
    { run }: JobContext,
  ): Promise<void> {
    await run((scope) => this.copies.dismiss(scope, campaignId, deliveryId));
  }
}

/** Sends what waited for a person to have a device. */
@Injectable()
@HandlesJob({ task: enrolledTask })
export class SendToEnrolled implements JobHandler<{ userId: string }> {
  constructor(private readonly runs: CampaignRuns) {}

  async handle({ userId }: { userId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.runs.sendToEnrolled(scope, userId));
  }
}

/** Carries a campaign on after a pause: first pushes to people who have enrolled during it. */
@Injectable()
@HandlesJob({ task: resumeTask })
export class ResumeCampaign implements JobHandler<{ campaignId: string }> {
  constructor(
    private readonly pauses: CampaignPauses,
    private readonly runs: CampaignRuns,
    private readonly wakes: CampaignWake,
  ) {}

  async handle({ campaignId }: { campaignId: string }, context: JobContext): Promise<void> {
    const { run } = context;
    const signal = untilYield(context);
    while (await run((scope) => this.runs.catchUp(scope, campaignId))) {
      if (!signal.aborted) continue;
      // Time is up, or the worker is stopping: another job continues.
      return run((scope) => this.pauses.enqueueResumption(scope, campaignId));
    }
    await run((scope) => this.wakes.wake(scope, campaignId));
  }
}

/** Checks the campaigns that waited for a member who can no longer act. */
@Injectable()
@HandlesJob({ task: leftTask })
export class NoteRecipientLeft implements JobHandler<{ userId: string }> {
  constructor(private readonly wakes: CampaignWake) {}

  async handle({ userId }: { userId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.wakes.noteLeft(scope, userId));
  }
}

/** Continues a campaign whose webhook call has ended. */
@Injectable()
@HandlesJob({ task: settledTask })
export class ContinueAfterWebhook implements JobHandler<{ campaignId: string }> {
  constructor(private readonly wakes: CampaignWake) {}

  async handle({ campaignId }: { campaignId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.wakes.wake(scope, campaignId));
  }
}

/** Cancels what runs in an organization that is being deleted. */
@Injectable()
@HandlesJob({ task: shutTask })
export class StopCampaigns implements JobHandler {
  constructor(
    private readonly deletions: OrganizationDeletions,
    private readonly campaigns: Campaigns,
  ) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    const { run } = context;
    const signal = untilYield(context);
    const running = await run(async (scope) =>
      (await this.deletions.isPending(scope)) ? this.campaigns.running(scope) : [],
    );
    for (const id of running) {
      // Time is up, or the worker is stopping: another job continues.
      if (signal.aborted) return run((scope) => this.deletions.enqueueShut(scope));
      await run((scope) => this.campaigns.cancel(scope, id)).catch(unlessOver);
    }
  }
}

/** The campaign ended by itself in the meantime. */
function unlessOver(error: unknown): void {
  if (!(error instanceof AppError && error.reason === 'CAMPAIGN_OVER')) throw error;
}
