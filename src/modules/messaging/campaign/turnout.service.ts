import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { asksForCheck, isSerialized } from './turnout.rules.js';
import { TurnoutStore } from './turnout.store.js';

/**
 * Counts acknowledgements instead of enqueuing a check for each: a step that waits stores how many are missing, and the
 * acknowledgement that reaches the number enqueues the next check.
 */
@Injectable()
export class Turnout {
  constructor(private readonly store: TurnoutStore) {}

  /** Returns what `count` counts, and expects as many acknowledgements. A count that is too low leads to an early check. */
  async expect(scope: Scope, campaignId: string, count: () => Promise<number>): Promise<number> {
    await this.store.lock(scope, campaignId);
    const open = await count();
    await this.store.expectMore(scope, campaignId, open);
    return open;
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
