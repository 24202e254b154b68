import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { WebhookCalls } from '../webhook/index.js';
import { CampaignPauseStore, type Pause } from './campaign-pause.store.js';
import { notRunning, refusePause, refuseResume } from './campaign.rules.js';
import { CampaignStore } from './campaign.store.js';

/** `{ campaignId }`: a pause has ended. */
export const resumeTask: Task = { name: 'campaign.resume', lane: 'campaign', priority: 'normal' };

/**
 * Pauses of running campaigns. A pause takes the lock of the run, which every piece of work ends with: what was written
 * before it counts, what is in flight is rolled back, and done after the pause.
 */
@Injectable()
export class CampaignPauses {
  constructor(
    private readonly store: CampaignPauseStore,
    private readonly campaigns: CampaignStore,
    private readonly webhooks: WebhookCalls,
  ) {}

  /** Undefined: it is not paused. */
  find(scope: Scope, campaignId: string): Promise<Pause | undefined> {
    return this.store.find(scope, campaignId);
  }

  async pause(scope: Scope, campaignId: string, reason: string): Promise<Pause> {
    const refusal = refusePause(await this.lock(scope, campaignId));
    if (refusal) throw refusal;
    const pause: Pause = { pausedAt: scope.now(), pausedBy: scope.actorId || null, reason };
    await this.store.pause(scope, campaignId, pause);
    await this.webhooks.hold(scope, campaignId);
    await scope.audit('CAMPAIGN_PAUSED', { entityType: 'campaign', entityId: campaignId.toLowerCase() });
    return pause;
  }

  async resume(scope: Scope, campaignId: string): Promise<void> {
    const refusal = refuseResume(await this.lock(scope, campaignId));
    if (refusal) throw refusal;
    await this.store.resume(scope, campaignId);
    await this.webhooks.release(scope, campaignId);
    const id = campaignId.toLowerCase();
    await this.enqueueResumption(scope, id);
    await scope.audit('CAMPAIGN_RESUMED', { entityType: 'campaign', entityId: id });
  }

  async enqueueResumption(scope: Scope, campaignId: string): Promise<void> {
    await scope.enqueue({ task: resumeTask, payload: { campaignId }, key: campaignId, maxAttempts: 10_000 });
  }

  private async lock(scope: Scope, campaignId: string): Promise<Pause | undefined> {
    const run = await this.store.findForUpdate(scope, campaignId);
    if (run) return run.pause;
    const campaign = await this.campaigns.find(scope, campaignId);
    throw campaign ? notRunning(campaign.status) : notFound('campaign');
  }
}
