import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { AcceptedBatch, Contract } from './accepted-batch.js';
import type { EventDraft } from './event-draft.js';
import { EventIntake } from './event-intake.js';
import { EventQueue } from './event-queue.js';
import { rowOf } from './event-row.rules.js';

/** Takes the events of a request: what it accepts is durable when it answers. */
@Injectable()
export class Ingest {
  constructor(
    private readonly intake: EventIntake,
    private readonly queue: EventQueue,
  ) {}

  /** @throws AppError COOKIELESS_IDENTITY_UNAVAILABLE, or UNAVAILABLE while the queue is full: nothing is accepted. */
  async accept(scope: Scope, drafts: readonly EventDraft[], contract: Contract): Promise<AcceptedBatch> {
    const batch = await this.intake.accept(scope, drafts, contract);
    await this.queue.add(scope, scope.project, (context) =>
      batch.records.map((record) => rowOf(record, context)),
    );
    return batch;
  }
}
