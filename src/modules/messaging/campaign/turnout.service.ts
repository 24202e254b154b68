import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { OpenCount } from '../delivery/index.js';
import { asksForCheck, isSerialized } from './turnout.rules.js';
import { TurnoutStore } from './turnout.store.js';

/**
 * Counts acknowledgements instead of enqueuing a check for each: a step that waits stores how many are missing, and the
 * acknowledgement that reaches the number enqueues the next check.
 */
@Injectable()
export class Turnout {
  constructor(private readonly store: TurnoutStore) {}

  /**
   * Excludes acknowledgements until the transaction ends. Before the campaign's job is enqueued: an acknowledgement locks in
   * this order, too.
   */
  lock(scope: Scope, campaignId: string): Promise<void> {
    return this.store.lock(scope, campaignId);
  }

  /** Under the lock: expects one acknowledgement for each open delivery. A number that is too low leads to an early check. */
  expect(scope: Scope, campaignId: string, { open, acknowledged }: OpenCount): Promise<void> {
    return this.store.expectMore(scope, campaignId, acknowledged + open);
  }

  /** For a step that no acknowledgement ends. */
  expectNone(scope: Scope, campaignId: string): Promise<void> {
    return this.store.expectNone(scope, campaignId);
  }

  /**
   * Whether the acknowledgement that this transaction has counted may be the last. Other acknowledgements wait from here
   * until the transaction ends.
   */
  async mayBeLast(scope: Scope, campaignId: string): Promise<boolean> {
    const serialized = isSerialized(await this.store.missing(scope, campaignId));
    await (serialized ? this.store.lock(scope, campaignId) : this.store.lockShared(scope, campaignId));
    // Read again: this statement sees what was committed before the lock was granted.
    return asksForCheck(await this.store.missing(scope, campaignId), serialized);
  }
}
