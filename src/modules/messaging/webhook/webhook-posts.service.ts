import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type PostObstacle, OrganizationWebhooks } from './organization-webhooks.service.js';
import type { PostBatch } from './webhook.js';
import { KEPT_MS } from './webhook.rules.js';
import { type PostRound, WebhookPostStore } from './webhook-post.store.js';

/** The posts of an organization that are due; before any is, it does no harm. */
export const postTask: Task = { name: 'webhook.post', lane: 'webhook', priority: 'low', mayRunEarly: true };
/** `{ campaignId, stepId, round }`: the content of its posts is deleted. */
export const forgetPostsTask: Task = { name: 'webhook.forget_posts', lane: 'background', priority: 'low' };

/**
 * Posts of reminders and escalations to the organization's webhook: one for each recipient's message, round and member who is
 * told of it.
 */
@Injectable()
export class WebhookPosts {
  constructor(
    private readonly store: WebhookPostStore,
    private readonly webhooks: OrganizationWebhooks,
  ) {}

  /**
   * Has members posted once the transaction commits; returns how many, or why none. The caller holds the inboxes of the
   * recipients, so that none acknowledges in between.
   */
  async open(scope: Scope, batch: PostBatch): Promise<number | PostObstacle> {
    const target = await this.webhooks.target(scope);
    if (typeof target === 'string') return target;
    if (batch.addressees.length === 0) return 0;
    const ids = batch.addressees.map(() => uuid());
    const written = await this.store.insert(scope, target.url, ids, batch);
    if (written > 0) await this.enqueue(scope);
    return written;
  }

  /** Ends the posts of a campaign that is cancelled; requests on their way still arrive. */
  async cancel(scope: Scope, campaignId: string): Promise<void> {
    await this.enqueueForgetting(scope, await this.store.cancel(scope, campaignId));
  }

  /** While the campaign is paused no attempt begins; those on their way end. */
  async hold(scope: Scope, campaignId: string): Promise<void> {
    await this.store.hold(scope, campaignId);
  }

  /** What became due in the pause is sent at once. */
  async release(scope: Scope, campaignId: string): Promise<void> {
    await this.store.release(scope, campaignId);
    await this.enqueue(scope);
  }

  /** Has the next post sent when it is due. */
  async enqueueNext(scope: Scope): Promise<void> {
    const at = await this.store.nextDue(scope);
    if (!at) return;
    await this.enqueue(scope, at);
    // The job may have been that of a step, whose transaction was waited for: its posts are seen only now.
    const earliest = await this.store.nextDue(scope);
    if (earliest && earliest < at) await this.enqueue(scope, earliest);
  }

  /** Keeps a job of the organization in the queue while another one is at work. */
  async enqueueLater(scope: Scope, ms: number): Promise<void> {
    await this.enqueue(scope, new Date(scope.now().getTime() + ms));
  }

  async forget(scope: Scope, round: PostRound): Promise<void> {
    await this.store.forget(scope, round);
  }

  /** 30 days after the last post of each round has ended. */
  async enqueueForgetting(scope: Scope, rounds: readonly PostRound[]): Promise<void> {
    const runAt = new Date(scope.now().getTime() + KEPT_MS);
    const byKey = new Map(
      rounds.map(({ campaignId, stepId, round }) => [
        `${campaignId}/${stepId}/${round}`,
        { campaignId, stepId, round },
      ]),
    );
    for (const [key, payload] of byKey) await scope.enqueue({ task: forgetPostsTask, payload, key, runAt });
  }

  private async enqueue(scope: Scope, runAt?: Date): Promise<void> {
    await scope.enqueue({ task: postTask, payload: {}, key: scope.orgId, runAt });
  }
}
