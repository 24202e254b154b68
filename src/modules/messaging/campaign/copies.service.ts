import { Injectable } from '@nestjs/common';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { CopyStore } from '../delivery/index.js';
import { CampaignStore } from './campaign.store.js';
import { stepsSettledByRecipient } from './follow-up.rules.js';

/** A message of which others have copies was acknowledged: `{ campaignId, deliveryId }`. */
export const dismissTask: Task = { name: 'delivery.dismiss_copies', lane: 'campaign', priority: 'normal' };

/** Copies of recipients' messages, once the recipient has acted. */
@Injectable()
export class Copies {
  constructor(
    private readonly campaigns: CampaignStore,
    private readonly copies: CopyStore,
  ) {}

  /** Once the acknowledgement commits: in a job, as it locks the inboxes of others. */
  async enqueueDismissal(scope: Scope, campaignId: string, deliveryId: string): Promise<void> {
    await scope.enqueue({ task: dismissTask, payload: { campaignId, deliveryId }, key: deliveryId });
  }

  async dismiss(scope: Scope, campaignId: string, deliveryId: string): Promise<void> {
    const campaign = await this.campaigns.find(scope, campaignId);
    if (!campaign) return;
    const stepIds = stepsSettledByRecipient(campaign.workflow);
    if (stepIds.length > 0) await this.copies.dismiss(scope, deliveryId, stepIds);
  }
}
