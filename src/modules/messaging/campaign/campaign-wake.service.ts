import { Injectable } from '@nestjs/common';
import { forgetSuperseded, recallJobs, type Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { OpenDeliveryStore } from '../delivery/index.js';
import { deliverTask, postTask } from '../webhook/index.js';
import { CampaignStore } from './campaign.store.js';
import { Turnout } from './turnout.service.js';

export const advanceTask: Task = {
  name: 'campaign.advance',
  lane: 'campaign',
  priority: 'normal',
  mayRunEarly: true,
};

/** How long a job is scheduled before the recall checks its campaign. */
const RECALL_AFTER_SECONDS = 3_600;
const MAX_RECALLED = 500;

/** Asks for a look at a campaign, by the job that carries it forward. */
@Injectable()
export class CampaignWake {
  constructor(
    private readonly campaigns: CampaignStore,
    private readonly open: OpenDeliveryStore,
    private readonly turnout: Turnout,
  ) {}

  /** Once the transaction commits: now, or when a deadline is over. */
  async wake(scope: Scope, campaignId: string, runAt?: Date): Promise<void> {
    await scope.enqueue({
      task: advanceTask,
      payload: { campaignId },
      key: campaignId,
      runAt,
      // Each kill of a worker counts as an attempt; a campaign must outlive many.
      maxAttempts: 10_000,
    });
  }

  /**
   * Wakes a campaign that may have no recipient left to wait for, after an acknowledgement. To be called last: other
   * acknowledgements may wait until the transaction ends.
   */
  async noteActed(scope: Scope, campaignId: string): Promise<void> {
    if (await this.turnout.mayBeLast(scope, campaignId)) await this.wake(scope, campaignId);
  }

  /** Checks campaigns of all organizations that have been waiting for long, in case an event was missed. */
  async recall(scope: Scope): Promise<void> {
    const tx = await scope.tx();
    await forgetSuperseded(tx, [advanceTask, deliverTask, postTask]);
    await recallJobs(tx, advanceTask, { seconds: RECALL_AFTER_SECONDS, most: MAX_RECALLED });
  }

  /**
   * Wakes the campaigns that may have no recipient left to wait for, after a recipient was deactivated or deleted. One that
   * is working has a job already, and what it waits for next is counted after this.
   */
  async noteLeft(scope: Scope, userId: string): Promise<void> {
    const open = await this.open.campaignsOpenTo(scope, userId);
    for (const campaignId of await this.campaigns.expectingAmong(scope, open))
      await this.wake(scope, campaignId);
  }
}
