import { Injectable } from '@nestjs/common';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { CounterStore } from './counter.store.js';
import type { Delivery, DeliveryStatus } from './delivery.js';
import { DeliveryStore } from './delivery.store.js';
import { type DeliveryBatch, DispatchStore } from './dispatch.store.js';
import { MissedStore } from './missed.store.js';

/** The ledger: what every recipient of a campaign has, and what has become of it. */
@Injectable()
export class Deliveries {
  constructor(
    private readonly store: DeliveryStore,
    private readonly dispatches: DispatchStore,
    private readonly missed: MissedStore,
    private readonly counters: CounterStore,
    private readonly metrics: Metrics,
  ) {}

  async list(
    scope: Scope,
    campaignId: string,
    status: DeliveryStatus | undefined,
    page: Page,
  ): Promise<{ deliveries: Delivery[]; total: number }> {
    const [deliveries, total] = await Promise.all([
      this.store.list(scope, campaignId, status, page),
      this.store.count(scope, campaignId, status),
    ]);
    return { deliveries, total };
  }

  /** Whether the member has a message of the campaign. */
  isRecipient(scope: Scope, campaignId: string, userId: string): Promise<boolean> {
    return this.store.isRecipient(scope, campaignId, userId);
  }

  /** Writes what a step sends, with a push for each device; a recipient who has a copy already keeps that one. */
  async dispatch(scope: Scope, batch: DeliveryBatch): Promise<void> {
    const { campaignId, stepId, deliveries } = batch;
    const written = await this.dispatches.insert(scope, batch);
    const created = written.recipients;
    await Promise.all([
      this.counters.add(scope, campaignId, written),
      scope.audit('MESSAGE_SENT', {
        entityType: 'campaign',
        entityId: campaignId,
        metadata: { step_id: stepId, deliveries: String(created) },
      }),
    ]);
    this.metrics.deliveries.inc({ outcome: 'written' }, created);
    const unrendered = deliveries.filter(({ content }) => !content).length;
    this.metrics.deliveries.inc({ outcome: 'not_rendered' }, unrendered);
  }

  /** Marks at most so many open messages of these steps as missed; false when none is left. */
  async markMissed(
    scope: Scope,
    campaignId: string,
    stepIds: readonly string[],
    most: number,
  ): Promise<boolean> {
    const recipients = await this.missed.mark(scope, campaignId, stepIds, most);
    if (recipients > 0) await this.counters.add(scope, campaignId, { missed: recipients });
    this.metrics.deliveries.inc({ outcome: 'missed' }, recipients);
    return recipients > 0;
  }
}
