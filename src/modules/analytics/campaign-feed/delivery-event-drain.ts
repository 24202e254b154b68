import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '../../../platform/database/index.js';
import { Scopes } from '../../../platform/scope/index.js';
import { type ContinuousWork, Rounds, RunsContinuously } from '../../../platform/worker/index.js';
import { DeliveryEventStore, deliveryEventSettings } from '../../messaging/delivery/index.js';
import { DeliveryEvents } from './delivery-events.service.js';
import { FeedMetrics } from './feed-metrics.js';

const IDLE_MS = 500;
/** While pieces follow each other: what recipients do comes first. */
const BUSY_MS = 100;
/** How long an organization waits whose events could not be moved, such as while its queue is full. */
const TROUBLE_MS = 5_000;

/**
 * Makes events of what happened to deliveries, a piece of each organization in turn. Several workers share the rows by their locks;
 * a killed one leaves its rows to the others.
 */
@Injectable()
@RunsContinuously()
export class DeliveryEventDrain implements ContinuousWork {
  private readonly rounds = new Rounds(() => this.round());
  /** By organization, when it is tried again. */
  private readonly postponed = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly scopes: Scopes,
    private readonly noted: DeliveryEventStore,
    private readonly events: DeliveryEvents,
    private readonly metrics: FeedMetrics,
    private readonly log: PinoLogger,
  ) {
    log.setContext('campaign-feed');
  }

  async start(): Promise<void> {
    this.rounds.start();
  }

  /** Ends after the piece in hand. */
  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** Returns how long to rest afterwards, in milliseconds. */
  private async round(): Promise<number> {
    let moved = 0;
    try {
      const waiting = await this.database.transaction(deliveryEventSettings, (tx) =>
        this.noted.organizations(tx),
      );
      for (const orgId of waiting) {
        if (this.rounds.signal.aborted) return 0;
        if ((this.postponed.get(orgId) ?? 0) > performance.now()) continue;
        this.postponed.delete(orgId);
        moved += await this.move(orgId);
      }
    } catch (error) {
      this.log.warn({ err: error }, 'events of campaigns cannot be found');
      return TROUBLE_MS;
    }
    return moved > 0 ? BUSY_MS : IDLE_MS;
  }

  private async move(orgId: string): Promise<number> {
    const origin = { caller: { kind: 'system', orgId }, requestId: 'campaign-feed' } as const;
    try {
      const moved = await this.scopes.run(origin, (scope) => this.events.move(scope));
      this.metrics.moved.inc(moved);
      return moved;
    } catch (error) {
      this.postponed.set(orgId, performance.now() + TROUBLE_MS);
      this.log.warn({ err: error, orgId }, 'events of campaigns wait');
      return 0;
    }
  }
}
