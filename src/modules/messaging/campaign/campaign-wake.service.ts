import { Injectable } from '@nestjs/common';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { OpenDeliveryStore } from '../delivery/index.js';
import { CampaignStore } from './campaign.store.js';

export const advanceTask: Task = { name: 'campaign.advance', lane: 'campaign', priority: 'normal' };

/** Asks for a look at a campaign, by the job that carries it forward. */
@Injectable()
export class CampaignWake {
  constructor(
    private readonly campaigns: CampaignStore,
    private readonly open: OpenDeliveryStore,
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
   * Wakes a campaign that may have no recipient left to wait for, after a recipient acted on the message of a
   * step.
   */
  async noteActed(scope: Scope, campaignId: string, stepId: string): Promise<void> {
    // Checked only when few recipients are left, so that a thousand concurrent actions do not queue for one
    // job row. Each action checks in its own transaction: the job it enqueues sees the last commit.
    if (await this.open.areFewWaitedFor(scope, campaignId, stepId)) await this.wake(scope, campaignId);
  }

  /**
   * Wakes the campaigns that may have no recipient left to wait for, after a recipient was deactivated or
   * deleted.
   */
  async noteLeft(scope: Scope, userId: string): Promise<void> {
    const open = await this.open.campaignsOpenTo(scope, userId);
    for (const campaignId of await this.campaigns.runningAmong(scope, open))
      await this.wake(scope, campaignId);
  }
}
