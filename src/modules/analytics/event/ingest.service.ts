import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { AcceptedBatch, Contract } from './accepted-batch.js';
import type { EventDraft } from './event-draft.js';
import { EventIntake } from './event-intake.js';
import { EventQueue } from './event-queue.js';
import { rowOf } from './event-row.rules.js';
import { EventTimeStore } from './event-time.store.js';

/** Throws when the events of the scope's project are refused: not FAILED_PRECONDITION, on which an SDK drops them. */
type IngestCheck = (scope: Scope) => Promise<void>;

/** Takes the events of a request: what it accepts is durable when it answers. */
@Injectable()
export class Ingest {
  private readonly checks: IngestCheck[] = [];

  constructor(
    private readonly times: EventTimeStore,
    private readonly intake: EventIntake,
    private readonly queue: EventQueue,
  ) {}

  /** Called by a module when it starts. */
  contribute(check: IngestCheck): void {
    this.checks.push(check);
  }

  /**
   * Accepts all events that are kept, or none. Of `timeless` drafts, which have an id of the caller's and no time, a retry
   * keeps the time of the first try.
   * @throws AppError COOKIELESS_IDENTITY_UNAVAILABLE, RATE_LIMITED, what a check throws, or UNAVAILABLE while the queue is full: nothing is
   * accepted.
   */
  async accept(
    scope: Scope,
    drafts: readonly EventDraft[],
    contract: Contract,
    timeless: readonly EventDraft[] = [],
  ): Promise<AcceptedBatch> {
    for (const check of this.checks) await check(scope);
    await this.queue.refuseWhenFull(scope.project);
    await scope.countEvents(drafts.length);
    if (timeless.length > 0) await this.times.settle(scope, timeless);
    const batch = await this.intake.accept(scope, drafts, contract);
    await this.queue.add(scope, (context) => batch.records.map((record) => rowOf(record, context)));
    return batch;
  }
}
