import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { type AttemptResult, webhookOutcome } from './webhook.js';
import { standardHeaders } from './signature.js';
import { isSuccess, MOST_ATTEMPTS, pauseAfter } from './webhook.rules.js';
import { WebhookAttemptStore } from './webhook-attempt.store.js';
import { type LockedCall, WebhookCallStore } from './webhook-call.store.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { WebhookPostDelivery } from './webhook-post-delivery.service.js';
import { notSent } from './webhook-post.rules.js';
import { WebhookSecrets } from './webhook-secrets.service.js';
import { type WebhookRequest, WebhookSender } from './webhook-sender.service.js';

/** An attempt that has begun. */
interface Begun {
  readonly callId: string;
  readonly number: number;
  readonly request: WebhookRequest;
}

/**
 * Carries out attempts: each begins in a transaction, is sent outside of any, and ends in another. A worker that dies in
 * between leaves an attempt that has no end: the next one finds it, and the receiver recognizes the repeated id.
 */
@Injectable()
export class WebhookDelivery {
  constructor(
    private readonly calls: WebhookCalls,
    private readonly store: WebhookCallStore,
    private readonly attempts: WebhookAttemptStore,
    private readonly secrets: WebhookSecrets,
    private readonly posts: WebhookPostDelivery,
    private readonly sender: WebhookSender,
  ) {}

  /** The next automatic attempt, unless the call has ended. */
  async deliver(callId: string, { run }: JobContext): Promise<void> {
    const begun = await run((scope) => this.begin(scope, callId));
    if (!begun) return;
    const result = await this.sender.send(begun.request);
    await run((scope) => this.end(scope, begun, result));
  }

  /** An attempt that was asked for; it decides nothing. */
  async redeliver(callId: string, number: number, { run }: JobContext): Promise<void> {
    const request = await run((scope) => this.beginAgain(scope, callId, number));
    if (!request) return;
    const result = await this.sender.send(request);
    await run((scope) => this.attempts.finish(scope, callId, number, result));
  }

  async forget(scope: Scope, callId: string): Promise<void> {
    await this.store.forget(scope, callId);
    await this.attempts.forget(scope, callId);
  }

  private async begin(scope: Scope, callId: string): Promise<Begun | undefined> {
    const call = await this.store.findForUpdate(scope, callId);
    // Once a call that is held is released, it is enqueued again. Posts are sent many at a time.
    if (!call || call.outcome !== null || call.isHeld || call.userId !== null) return undefined;
    await this.attempts.interrupt(scope, callId);
    if (call.attempts >= MOST_ATTEMPTS) {
      await this.calls.settle(scope, call, webhookOutcome.failed);
      return undefined;
    }
    const number = call.attempts + 1;
    await this.store.countAttempt(scope, callId);
    await this.attempts.insert(scope, callId, { number, redelivery: false, startedAt: scope.now() });
    return { callId, number, request: await this.requestOf(scope, call) };
  }

  private async beginAgain(
    scope: Scope,
    callId: string,
    number: number,
  ): Promise<WebhookRequest | undefined> {
    const call = await this.store.findForUpdate(scope, callId);
    if (!call) return undefined;
    const request = await this.requestAgain(scope, call);
    if (typeof request !== 'string')
      return (await this.attempts.start(scope, callId, number)) ? request : undefined;
    await this.attempts.finish(scope, callId, number, notSent(request));
    return undefined;
  }

  /** What is sent, or why nothing is. */
  private async requestAgain(scope: Scope, call: LockedCall): Promise<WebhookRequest | string> {
    const { id, userId, payload } = call;
    // It waited for longer than contents are kept.
    if (payload === null) return 'the content had been deleted before its turn came';
    return userId === null ? this.requestOf(scope, call) : this.posts.prepare(scope, { id, payload });
  }

  private async requestOf(scope: Scope, call: LockedCall): Promise<WebhookRequest> {
    const { id, url, payload, sealedHeaders } = call;
    if (payload === null || sealedHeaders === null)
      throw new Error(`Webhook call ${id} has no content any more.`);
    const timestamp = Math.floor(scope.now().getTime() / 1000);
    const message = { id: `msg_${id}`, timestamp, body: payload };
    const headers = {
      ...this.calls.headersOf(scope, id, sealedHeaders),
      ...standardHeaders(message, await this.secrets.keys(scope)),
    };
    return { orgId: scope.orgId, url, headers, body: payload };
  }

  private async end(scope: Scope, { callId, number }: Begun, result: AttemptResult): Promise<void> {
    const call = await this.store.findForUpdate(scope, callId);
    const isLatest = await this.attempts.finish(scope, callId, number, result);
    // Cancelled in between, or taken over by another worker.
    if (!call || call.outcome !== null || !isLatest) return;
    if (isSuccess(result)) return this.calls.settle(scope, call, webhookOutcome.completed);
    const pause = pauseAfter(number);
    if (pause === undefined) return this.calls.settle(scope, call, webhookOutcome.failed);
    const next = new Date(scope.now().getTime() + pause);
    await this.store.postpone(scope, callId, next);
    await this.calls.enqueueDelivery(scope, callId, next);
  }
}
