import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { CampaignWake, Copies } from '../campaign/index.js';
import {
  CounterStore,
  deliveryKind,
  deliveryStatus,
  notReceived,
  RecipientActStore,
  TestMessageStore,
} from '../delivery/index.js';
import type { InboxEntry } from './inbox-entry.js';
import { alreadySettled, refuseAction, syncLimit } from './inbox.rules.js';
import { InboxStore } from './inbox.store.js';

@Injectable()
export class Inboxes {
  constructor(
    private readonly store: InboxStore,
    private readonly acts: RecipientActStore,
    private readonly tests: TestMessageStore,
    private readonly campaigns: CampaignWake,
    private readonly counters: CounterStore,
    private readonly copies: Copies,
  ) {}

  /** What changed behind the cursor, oldest change first; handing an entry out delivers it. */
  async sync(scope: Scope, cursor: bigint | undefined, requestedLimit: number): Promise<InboxEntry[]> {
    const entries = await this.store.changes(scope, cursor, syncLimit(requestedLimit));
    return this.deliver(scope, entries);
  }

  async get(scope: Scope, deliveryId: string): Promise<InboxEntry> {
    const [entry] = await this.deliver(scope, [await this.require(scope, deliveryId)]);
    if (!entry) throw notFound('delivery');
    return entry;
  }

  /** For reports only: the workflow does not care. */
  async markRead(scope: Scope, deliveryId: string): Promise<void> {
    const entry = await this.require(scope, deliveryId);
    if (entry.isTest) return this.tests.markRead(scope, entry.deliveryId);
    if (entry.readAt || !(await this.acts.markRead(scope, entry.deliveryId))) return;
    await scope.audit('MESSAGE_OPENED', { entityType: 'delivery', entityId: entry.deliveryId });
  }

  async submitAction(
    scope: Scope,
    deliveryId: string,
    action: { actionId: string; payload: Uint8Array },
  ): Promise<void> {
    const entry = await this.require(scope, deliveryId);
    const refusal = refuseAction(entry, action);
    if (refusal) throw refusal;
    if (entry.isTest) return this.acknowledgeTest(scope, entry);
    // Another call, or the deadline, may have settled it since we looked.
    const settled = await this.acts.acknowledge(scope, entry.deliveryId);
    if (!settled) throw alreadySettled((await this.require(scope, deliveryId)).status);
    if (settled.hasCopies) await this.copies.enqueueDismissal(scope, entry.campaignId, entry.deliveryId);
    await scope.audit('ACK_REGISTERED', {
      entityType: 'delivery',
      entityId: entry.deliveryId,
      metadata: { campaign_id: entry.campaignId, action_id: action.actionId, content_id: entry.contentId },
    });
    if (entry.kind !== deliveryKind.primary) return;
    // Last: other acknowledgements of the campaign may wait from here until the commit.
    await this.counters.add(scope, entry.campaignId, { acknowledged: 1 });
    await this.campaigns.noteActed(scope, entry.campaignId);
  }

  /** For the recipient to see: nothing counts it, and it is no act of the trail. */
  private async acknowledgeTest(scope: Scope, { deliveryId }: InboxEntry): Promise<void> {
    if (!(await this.tests.acknowledge(scope, deliveryId))) throw alreadySettled(deliveryStatus.acknowledged);
  }

  private async require(scope: Scope, deliveryId: string): Promise<InboxEntry> {
    const entry = await this.store.find(scope, deliveryId);
    if (!entry) throw notFound('delivery');
    return entry;
  }

  /**
   * The recipient's client has the entries now. Their change time stays: the client that learns it is the one that
   * caused it.
   */
  private async deliver(scope: Scope, entries: InboxEntry[]): Promise<InboxEntry[]> {
    const fresh = entries.filter(({ status }) => notReceived.includes(status));
    if (fresh.length === 0) return entries;
    const delivered = await this.markDelivered(scope, fresh);
    return entries.map((entry) =>
      delivered.has(entry.deliveryId) ? { ...entry, status: deliveryStatus.delivered } : entry,
    );
  }

  private async markDelivered(scope: Scope, fresh: readonly InboxEntry[]): Promise<Set<string>> {
    const idsOf = (isTest: boolean): string[] =>
      fresh.filter((entry) => entry.isTest === isTest).map(({ deliveryId }) => deliveryId);
    const [ids, testIds] = [idsOf(false), idsOf(true)];
    const delivered = ids.length > 0 ? await this.acts.markDelivered(scope, ids) : new Set<string>();
    if (testIds.length > 0)
      for (const id of await this.tests.markDelivered(scope, testIds)) delivered.add(id);
    return delivered;
  }
}
