import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../platform/jobs/index.js';
import { advanceTask, CampaignRuns } from './campaign-run.service.js';

/** Carries a campaign forward until it has to wait, one transaction after the other. */
@Injectable()
@HandlesJob({ task: advanceTask })
export class AdvanceCampaign implements JobHandler<{ campaignId: string }> {
  constructor(private readonly runs: CampaignRuns) {}

  async handle({ campaignId }: { campaignId: string }, { run, signal }: JobContext): Promise<void> {
    while ((await run((scope) => this.runs.advance(scope, campaignId))) === 'again') {
      if (!signal.aborted) continue;
      // The worker is stopping: another one goes on from here.
      return run((scope) => this.runs.wake(scope, campaignId));
    }
  }
}
