import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AnalyticsCohorts } from '../../people/organization/index.js';
import { CookielessSalts, EventQueue, type TouchRow } from '../event/index.js';
import { AllowanceStore } from './allowance.store.js';
import { Collection } from './collection.js';
import { dayOf, expiryOf } from './days.rules.js';
import { Heatmaps } from './heatmaps.service.js';
import { askedFor, firstOf, type Touch, type TouchDraft, touchOf } from './touch.rules.js';

/** For as long as an SDK waits between two tries. */
const RETRY_SECONDS = 5;

/** Takes the touches of a member. What is stored of them names a cohort, a day and a cell. */
@Injectable()
export class Touches {
  constructor(
    private readonly collection: Collection,
    private readonly cohorts: AnalyticsCohorts,
    private readonly salts: CookielessSalts,
    private readonly allowances: AllowanceStore,
    private readonly heatmaps: Heatmaps,
    private readonly queue: EventQueue,
  ) {}

  /**
   * Returns how many are stored: those that are valid and within the daily cap, and none of an organization without behavioural
   * analytics or of a member whose processing is restricted.
   * @throws AppError UNAVAILABLE: none is stored.
   */
  async ingest(scope: Scope, drafts: readonly TouchDraft[]): Promise<number> {
    const now = scope.now().getTime();
    const touches = drafts.flatMap((draft) => touchOf(draft, now) ?? []);
    if (touches.length === 0 || (await this.collection.refusedBy(scope))) return 0;
    const number = await this.heatmaps.numberOf(scope);
    await this.queue.refuseWhenFull({ orgId: scope.orgId, number });
    const counted = await this.withinCap(scope, touches, dayOf(now));
    await this.queue.addTouches(scope, number, await this.rowsOf(scope, counted, dayOf(now)));
    return counted.length;
  }

  private async withinCap(scope: Scope, touches: readonly Touch[], day: string): Promise<Touch[]> {
    const salt = await this.salts.of(scope, day);
    if (typeof salt === 'string')
      throw new AppError(
        'unavailable',
        'TOUCHES_UNAVAILABLE',
        'Touches cannot be counted now; send these again later.',
        { retryAfterSeconds: RETRY_SECONDS },
      );
    const person = personOf(salt, scope.orgId, scope.userId);
    return firstOf(touches, await this.allowances.take(scope, person, day, askedFor(touches)));
  }

  private async rowsOf(scope: Scope, touches: readonly Touch[], day: string): Promise<TouchRow[]> {
    const { bucket, saltedAt } = await this.cohorts.assign(scope, scope.userId);
    return touches.map(({ campaignId, ...touch }) => ({
      ...touch,
      campaign: campaignId,
      day,
      touch: String(randomBytes(8).readBigUInt64BE()),
      bucket,
      salted_at: Math.floor(saltedAt.getTime() / 1000),
      expires_on: expiryOf(day),
    }));
  }
}

/** The member on one day, as a UUID for the database; without the salt of the day nothing leads back. */
function personOf(salt: Buffer, orgId: string, userId: string): string {
  const hash = createHmac('sha256', salt).update(`touches\0${orgId}\0${userId}`).digest('hex');
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
