import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { type AttemptResult, webhookOutcome } from './webhook.js';
import { standardHeaders } from './signature.js';
import { excerptOf, isSuccess, MOST_ATTEMPTS, pauseAfter } from './webhook.rules.js';
import { WebhookAttemptStore } from './webhook-attempt.store.js';
import { type LockedCall, WebhookCallStore } from './webhook-call.store.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/** Bytes of an answer that are read: enough for the excerpt that is kept. */
const ANSWER_BYTES = 4_096;

const contentDeleted: AttemptResult = {
  ...{ durationMs: 0, status: 0, answer: '' },
  error: 'not sent: the content had been deleted before its turn came',
};

/** An attempt that has begun. */
interface Begun {
  readonly callId: string;
  readonly orgId: string;
  readonly number: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
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
    private readonly outbound: OutboundClient,
    private readonly metrics: WebhookMetrics,
  ) {}

  /** The next automatic attempt, unless the call has ended. */
  async deliver(callId: string, { run }: JobContext): Promise<void> {
    const begun = await run((scope) => this.begin(scope, callId));
    if (!begun) return;
    const result = await this.send(begun);
    await run((scope) => this.end(scope, begun, result));
  }

  /** An attempt that was asked for; it decides nothing. */
  async redeliver(callId: string, number: number, { run }: JobContext): Promise<void> {
    const begun = await run(async (scope) => {
      const call = await this.store.findForUpdate(scope, callId);
      if (!call) return undefined;
      // It waited for longer than contents are kept.
      if (call.isForgotten) return void (await this.attempts.finish(scope, callId, number, contentDeleted));
      return (await this.attempts.start(scope, callId, number))
        ? this.prepared(scope, call, number)
        : undefined;
    });
    if (!begun) return;
    const result = await this.send(begun);
    await run((scope) => this.attempts.finish(scope, callId, number, result));
  }

  async forget(scope: Scope, callId: string): Promise<void> {
    await this.store.forget(scope, callId);
    await this.attempts.forget(scope, callId);
  }

  private async begin(scope: Scope, callId: string): Promise<Begun | undefined> {
    const call = await this.store.findForUpdate(scope, callId);
    // Once a call that is held is released, it is enqueued again.
    if (!call || call.outcome !== null || call.isHeld) return undefined;
    await this.attempts.interrupt(scope, callId);
    if (call.attempts >= MOST_ATTEMPTS) {
      await this.calls.settle(scope, call, webhookOutcome.failed);
      return undefined;
    }
    const number = call.attempts + 1;
    await this.store.countAttempt(scope, callId);
    await this.attempts.insert(scope, callId, { number, redelivery: false, startedAt: scope.now() });
    return this.prepared(scope, call, number);
  }

  private async prepared(scope: Scope, call: LockedCall, number: number): Promise<Begun> {
    const { id: callId, url, payload, sealedHeaders } = call;
    if (payload === null || sealedHeaders === null)
      throw new Error(`Webhook call ${callId} has no content any more.`);
    const timestamp = Math.floor(scope.now().getTime() / 1000);
    const message = { id: `msg_${callId}`, timestamp, body: payload };
    const headers = {
      ...this.calls.headersOf(scope, callId, sealedHeaders),
      ...standardHeaders(message, await this.secrets.keys(scope)),
    };
    return { callId, orgId: scope.orgId, number, url, headers, body: payload };
  }

  private async send({ url, headers, body, orgId }: Begun): Promise<AttemptResult> {
    const began = performance.now();
    const answered = await this.answerOf({ url, headers, body, orgId });
    this.metrics.attempts.inc({ outcome: isSuccess(answered) ? 'succeeded' : 'failed' });
    return { ...answered, durationMs: Math.round(performance.now() - began) };
  }

  private async answerOf({ url, ...request }: Pick<Begun, 'url' | 'headers' | 'body' | 'orgId'>) {
    try {
      const response = await this.outbound.send(url, {
        method: 'POST',
        ...request,
        cutOffAfter: ANSWER_BYTES,
      });
      const answer = excerptOf(new Uint8Array(await response.arrayBuffer()));
      return { status: response.status, error: '', answer };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { status: 0, error: error.message, answer: '' };
    }
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
