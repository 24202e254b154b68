import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { EventLimitStore, usageSettings } from './event-limit.store.js';
import { limitReached } from './usage.rules.js';

const FRESH_MS = 5_000;

/**
 * Organizations whose events are refused, as a process knows them without asking at each request: it asks every five
 * seconds while events arrive.
 */
@Injectable()
export class RefusedOrganizations {
  private refused: ReadonlyMap<string, Date> | undefined;
  private asking: Promise<void> | undefined;
  private freshUntil = 0;
  private readonly refusals;

  constructor(
    private readonly database: Database,
    private readonly store: EventLimitStore,
    metrics: Metrics,
  ) {
    this.refusals = metrics.counter(
      'ingest_over_limit_total',
      'Requests refused because the events of the organization are used up.',
      [],
    );
  }

  /** Throws RESOURCE_EXHAUSTED (`EVENT_LIMIT_REACHED`). Waits for the first answer only. */
  async refuse(scope: Scope): Promise<void> {
    if (performance.now() >= this.freshUntil) {
      this.asking ??= this.ask().finally(() => (this.asking = undefined));
      if (this.refused === undefined) await this.asking;
      // The next request asks again.
      else this.asking.catch(() => undefined);
    }
    const until = this.refused?.get(scope.project.orgId);
    if (until === undefined || until <= scope.now()) return;
    this.refusals.inc();
    throw limitReached(until, scope.now());
  }

  private async ask(): Promise<void> {
    this.refused = await this.database.transaction({ ...usageSettings, readOnly: true }, (tx) =>
      this.store.refusals(tx),
    );
    this.freshUntil = performance.now() + FRESH_MS;
  }
}
