import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { NewWebhookCall, WebhookAttempt, WebhookCall, WebhookOutcome, WebhookStep } from './webhook.js';
import { KEPT_MS, refuseRedelivery, resumedAt } from './webhook.rules.js';
import { WebhookAttemptStore } from './webhook-attempt.store.js';
import { type CallFilter, WebhookCallStore } from './webhook-call.store.js';

/** `{ callId }`: the next automatic attempt; one before its time does no harm. */
export const deliverTask: Task = {
  name: 'webhook.deliver',
  lane: 'webhook',
  priority: 'normal',
  mayRunEarly: true,
};
/** `{ callId, number }`: an attempt that an administrator asked for. */
export const redeliverTask: Task = { name: 'webhook.redeliver', lane: 'webhook', priority: 'normal' };
/** `{ callId }`: the content is deleted. */
export const forgetTask: Task = { name: 'webhook.forget', lane: 'background', priority: 'low' };
/** `{ campaignId }`: a call of the campaign has ended: its step can end. */
export const settledTask: Task = { name: 'webhook.settled', lane: 'campaign', priority: 'normal' };

const listForm = { defaultSize: 20, path: '' };

/** The webhook calls of CALL_WEBHOOK steps: one for each, delivered by jobs. Also lists posts, and sends them again. */
@Injectable()
export class WebhookCalls {
  constructor(
    private readonly store: WebhookCallStore,
    private readonly attempts: WebhookAttemptStore,
    private readonly paging: Paging,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** Undefined: the step has made no call yet. */
  ofStep(scope: Scope, step: WebhookStep): Promise<WebhookCall | undefined> {
    return this.store.findOfStep(scope, step);
  }

  /** Has a call delivered once the transaction commits. */
  async open(scope: Scope, call: NewWebhookCall): Promise<void> {
    const id = uuid();
    const headers = this.envelope.seal(JSON.stringify(call.headers), headerContext(scope.orgId, id));
    await this.store.insert(scope, id, headers, call);
    await this.enqueueDelivery(scope, id);
  }

  /** The headers that the workflow gave a call. */
  headersOf(scope: Scope, id: string, sealed: Buffer): Record<string, string> {
    const opened = this.envelope.open(sealed, headerContext(scope.orgId, id)).toString();
    // Sealed by `open`.
    return JSON.parse(opened) as Record<string, string>;
  }

  async enqueueDelivery(scope: Scope, callId: string, runAt?: Date): Promise<void> {
    await scope.enqueue({ task: deliverTask, payload: { callId }, key: callId, runAt });
  }

  async enqueueRedelivery(scope: Scope, callId: string, number: number, runAt?: Date): Promise<void> {
    await scope.enqueue({ task: redeliverTask, payload: { callId, number }, runAt });
  }

  /** Ends a call and wakes its campaign. */
  async settle(scope: Scope, { id, campaignId }: WebhookCall, outcome: WebhookOutcome): Promise<void> {
    await this.store.end(scope, id, outcome);
    await scope.enqueue({ task: settledTask, payload: { campaignId } });
    await this.enqueueForgetting(scope, id);
  }

  /** Ends the calls of a campaign that is cancelled; a request on its way still arrives. */
  async cancel(scope: Scope, campaignId: string): Promise<void> {
    for (const id of await this.store.cancel(scope, campaignId)) await this.enqueueForgetting(scope, id);
  }

  /** While the campaign is paused no attempt begins; one on its way ends. */
  async hold(scope: Scope, campaignId: string): Promise<void> {
    await this.store.hold(scope, campaignId);
  }

  /** What became due in the pause is sent at once. */
  async release(scope: Scope, campaignId: string): Promise<void> {
    for (const { id, ...times } of await this.store.release(scope, campaignId))
      await this.enqueueDelivery(scope, id, resumedAt(times));
  }

  async list(
    scope: Scope,
    filter: CallFilter,
    request: PageRequest,
  ): Promise<{ items: WebhookCall[]; nextPageToken: string }> {
    const { campaignId = '', failedOnly, posts } = filter;
    const binding = [posts ? 'webhook_posts' : 'webhook_calls', scope.orgId, campaignId, String(failedOnly)];
    const page = this.paging.parse(request, binding, listForm);
    const { items, pagination } = this.paging.pageOf(
      await this.store.list(scope, filter, page),
      page,
      0,
      binding,
    );
    return { items, nextPageToken: pagination.nextPageToken };
  }

  async get(scope: Scope, id: string): Promise<{ call: WebhookCall; attempts: WebhookAttempt[] }> {
    const call = await this.store.find(scope, id);
    if (!call) throw notFound('webhook_call');
    return { call, attempts: await this.attempts.list(scope, call.id) };
  }

  /** One further attempt each; all or none. */
  async redeliver(scope: Scope, given: readonly string[]): Promise<WebhookCall[]> {
    const ids = given.map((id) => id.toLowerCase());
    const found = await this.store.findSomeForUpdate(scope, ids);
    if (found.length < new Set(ids).size) throw notFound('webhook_call');
    const refusal = found.map(refuseRedelivery).find((refused) => refused !== undefined);
    if (refusal) throw refusal;
    for (const call of found) await this.redeliverOne(scope, call);
    const redelivered = new Map(found.map((call) => [call.id, { ...call, attempts: call.attempts + 1 }]));
    return ids.flatMap((id) => redelivered.get(id) ?? []);
  }

  private async redeliverOne(scope: Scope, { id, attempts, campaignId }: WebhookCall): Promise<void> {
    const number = attempts + 1;
    await this.store.countAttempt(scope, id);
    await this.attempts.insert(scope, id, { number, redelivery: true, startedAt: null });
    await this.enqueueRedelivery(scope, id, number);
    await scope.audit('WEBHOOK_REDELIVERED', {
      entityType: 'webhook_call',
      entityId: id,
      metadata: { campaign_id: campaignId, attempt: String(number) },
    });
  }

  private async enqueueForgetting(scope: Scope, callId: string): Promise<void> {
    const runAt = new Date(scope.now().getTime() + KEPT_MS);
    await scope.enqueue({ task: forgetTask, payload: { callId }, runAt });
  }
}

const headerContext = sealedColumn(
  { table: 'webhook_call', column: 'sealed_headers', places: ['org_id', 'id'] },
  (orgId, id) => `webhook_call.sealed_headers/${orgId}/${id}`,
);
