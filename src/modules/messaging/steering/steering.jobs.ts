import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ScheduledStarts, startTask } from './scheduled-starts.service.js';

/** Starts a campaign at its time. */
@Injectable()
@HandlesJob({ task: startTask })
export class StartScheduledCampaign implements JobHandler<{ campaignId: string }> {
  constructor(private readonly starts: ScheduledStarts) {}

  async handle({ campaignId }: { campaignId: string }, { run }: JobContext): Promise<void> {
    try {
      await run((scope) => this.starts.startDue(scope, campaignId));
    } catch (error) {
      const isKept = run((scope) => this.starts.noteFailure(scope, campaignId, error));
      // What cannot even be noted is tried again; the first error is the one worth reporting.
      if (!(await isKept.catch(() => false))) throw error;
    }
  }
}
