import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { deliverTask, forgetTask, redeliverTask, WebhookCalls } from './webhook-calls.service.js';
import { WebhookDelivery } from './webhook-delivery.service.js';
import { WebhookSlots } from './webhook-slots.service.js';
import { WebhookPostDelivery } from './webhook-post-delivery.service.js';
import type { PostRound } from './webhook-post.store.js';
import { forgetPostsTask, postTask, WebhookPosts } from './webhook-posts.service.js';

@Injectable()
@HandlesJob({ task: deliverTask })
export class DeliverWebhook implements JobHandler<{ callId: string }> {
  constructor(
    private readonly delivery: WebhookDelivery,
    private readonly slots: WebhookSlots,
    private readonly calls: WebhookCalls,
  ) {}

  async handle({ callId }: { callId: string }, context: JobContext): Promise<void> {
    const { orgId = '', run } = context;
    if (await this.slots.tryRun(orgId, () => this.delivery.deliver(callId, context))) return;
    await run(async (scope) => this.calls.enqueueDelivery(scope, callId, await this.slots.giveWay(scope)));
  }
}

@Injectable()
@HandlesJob({ task: redeliverTask })
export class RedeliverWebhook implements JobHandler<{ callId: string; number: number }> {
  constructor(
    private readonly delivery: WebhookDelivery,
    private readonly slots: WebhookSlots,
    private readonly calls: WebhookCalls,
  ) {}

  async handle({ callId, number }: { callId: string; number: number }, context: JobContext): Promise<void> {
    const { orgId = '', run } = context;
    if (await this.slots.tryRun(orgId, () => this.delivery.redeliver(callId, number, context))) return;
    await run(async (scope) =>
      this.calls.enqueueRedelivery(scope, callId, number, await this.slots.giveWay(scope)),
    );
  }
}

/** Deletes the content of a call that ended long ago. */
@Injectable()
@HandlesJob({ task: forgetTask })
export class ForgetWebhook implements JobHandler<{ callId: string }> {
  constructor(private readonly delivery: WebhookDelivery) {}

  async handle({ callId }: { callId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.delivery.forget(scope, callId));
  }
}

/** Sends the posts of an organization that are due. */
@Injectable()
@HandlesJob({ task: postTask })
export class DeliverPosts implements JobHandler<{ orgId: string }> {
  constructor(private readonly delivery: WebhookPostDelivery) {}

  async handle({ orgId }: { orgId: string }, context: JobContext): Promise<void> {
    await this.delivery.deliver(orgId, context);
  }
}

/** Deletes the content of posts that ended long ago. */
@Injectable()
@HandlesJob({ task: forgetPostsTask })
export class ForgetPosts implements JobHandler<PostRound> {
  constructor(private readonly posts: WebhookPosts) {}

  async handle({ campaignId, stepId, round }: PostRound, { run }: JobContext): Promise<void> {
    await run((scope) => this.posts.forget(scope, { campaignId, stepId, round }));
  }
}
