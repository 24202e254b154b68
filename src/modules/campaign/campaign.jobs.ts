import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../platform/jobs/index.js';
import { enrolledTask } from '../device/index.js';
import { CampaignFailures } from './campaign-failures.service.js';
import { advanceTask, CampaignRuns } from './campaign-run.service.js';
import { Enrollment } from './enrollment.service.js';

/** Carries a campaign forward until it has to wait, one transaction after the other. */
@Injectable()
@HandlesJob({ task: advanceTask })
export class AdvanceCampaign implements JobHandler<{ campaignId: string }> {
  constructor(
    private readonly runs: CampaignRuns,
    private readonly failures: CampaignFailures,
  ) {}

  async handle({ campaignId }: { campaignId: string }, context: JobContext): Promise<void> {
    try {
      await this.advance(campaignId, context);
    } catch (error) {
      const note = context.run((scope) => this.failures.note(scope, campaignId, error));
      // What cannot even be noted is tried again; the first error is the one worth reporting.
      if ((await note.catch(() => 'retry')) === 'retry') throw error;
    }
  }

  private async advance(campaignId: string, { run, signal }: JobContext): Promise<void> {
    while ((await run((scope) => this.runs.advance(scope, campaignId))) === 'again') {
      if (!signal.aborted) continue;
      // The worker is stopping: another one goes on from here.
      return run((scope) => this.runs.wake(scope, campaignId));
    }
  }
}

/** Sends what waited for a person to have a device. */
@Injectable()
@HandlesJob({ task: enrolledTask })
export class SendToEnrolled implements JobHandler<{ userId: string }> {
  constructor(private readonly enrollment: Enrollment) {}

  async handle({ userId }: { userId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.enrollment.sendToUser(scope, userId));
  }
}
