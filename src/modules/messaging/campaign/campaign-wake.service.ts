import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { OpenDeliveryStore } from '../delivery/index.js';
import { CampaignStore } from './campaign.store.js';

export const advanceTask = 'campaign.advance';

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
    if (await this.open.areFewWaitedFor(scope, campaignId, stepId)) await this.wake(scope, campaignId);
  }

  /** Wakes the campaigns that may have nobody left to wait for, after a recipient was deactivated or is gone. */
  async noteLeft(scope: Scope, userId: string): Promise<void> {
    const open = await this.open.campaignsOpenTo(scope, userId);
    for (const campaignId of await this.campaigns.runningAmong(scope, open))
      await this.wake(scope, campaignId);
  }
}
