import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { CounterStore } from '../delivery/index.js';
import { WebhookCalls, WebhookPosts } from '../webhook/index.js';
import type { Campaign } from './campaign.js';
import { CampaignPauseStore, type Pause } from './campaign-pause.store.js';
import { hasFailedTooOften, notRunning, refuseCancel, refusePause, refuseResume } from './campaign.rules.js';
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
    private readonly posts: WebhookPosts,
    private readonly counters: CounterStore,
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
    await this.posts.hold(scope, campaignId);
    await scope.audit('CAMPAIGN_PAUSED', { entityType: 'campaign', entityId: campaignId.toLowerCase() });
    return pause;
  }

  /** What share of failed messages pauses it, in percent; 0: none does. */
  async getShare(scope: Scope, campaignId: string): Promise<number> {
    const campaign = await this.campaigns.find(scope, campaignId);
    if (!campaign) throw notFound('campaign');
    return campaign.pauseAtFailedPercent;
  }

  async setShare(scope: Scope, campaignId: string, failedPercent: number): Promise<void> {
    const campaign = await this.campaigns.findForUpdate(scope, campaignId);
    if (!campaign) throw notFound('campaign');
    const refusal = refuseCancel(campaign.status);
    if (refusal) throw refusal;
    await this.campaigns.pauseAt(scope, campaign.id, failedPercent);
    await scope.audit('CAMPAIGN_UPDATED', {
      entityType: 'campaign',
      entityId: campaign.id,
      metadata: { pause_at_failed_percent: String(failedPercent) },
    });
  }

  /** After a piece of messages was written, under the lock of the run. Once only: a caller who resumes it has seen why. */
  async pauseIfFailing(scope: Scope, { id, pauseAtFailedPercent }: Campaign): Promise<boolean> {
    if (pauseAtFailedPercent === 0) return false;
    const written = await this.counters.written(scope, id);
    if (!hasFailedTooOften(written, pauseAtFailedPercent)) return false;
    const { recipients, failed } = written;
    const reason = `Of ${recipients} messages, ${failed} could not be rendered.`;
    if (!(await this.store.pauseItself(scope, id, reason))) return false;
    await scope.audit('CAMPAIGN_PAUSED', {
      entityType: 'campaign',
      entityId: id,
      metadata: { cause: 'failures', messages: String(recipients), failed: String(failed) },
    });
    return true;
  }

  async resume(scope: Scope, campaignId: string): Promise<void> {
    const refusal = refuseResume(await this.lock(scope, campaignId));
    if (refusal) throw refusal;
    await this.store.resume(scope, campaignId);
    await this.webhooks.release(scope, campaignId);
    await this.posts.release(scope, campaignId);
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
