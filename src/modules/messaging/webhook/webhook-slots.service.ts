import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { postponeJobs } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deliverTask, redeliverTask } from './webhook-calls.service.js';
import { maySend } from './webhook.rules.js';

/** Between two attempts that had to give way: they return at up to 100 a second. */
const APART_MS = 10;
/** Bounds the statement; further ones give way when they are fetched. */
const MOST_AT_ONCE = 1_000;

/** Shares the slots of this process between organizations: hanging receivers of one leave slots to others. */
@Injectable()
export class WebhookSlots {
  private readonly slots: number;
  private readonly sending = new Map<string, number>();

  constructor(@Inject(CONFIG) config: Config) {
    this.slots = config.worker.slots.webhook;
  }

  /** Runs an attempt of the organization; false, without it, when the organization has to leave the slot to others. */
  async tryRun(orgId: string, attempt: () => Promise<void>): Promise<boolean> {
    const own = this.sending.get(orgId) ?? 0;
    const all = [...this.sending.values()].reduce((sum, count) => sum + count, 0);
    if (!maySend({ own, all, slots: this.slots })) return false;
    this.sending.set(orgId, own + 1);
    try {
      await attempt();
    } finally {
      const left = (this.sending.get(orgId) ?? 1) - 1;
      if (left > 0) this.sending.set(orgId, left);
      else this.sending.delete(orgId);
    }
    return true;
  }

  /** Moves the due attempts of the organization behind those of others; returns when the refused one is due. */
  async giveWay(scope: Scope): Promise<Date> {
    const tasks = [deliverTask, redeliverTask];
    await postponeJobs(await scope.tx(), tasks, scope.orgId, { apartMs: APART_MS, most: MOST_AT_ONCE });
    return new Date(scope.now().getTime() + APART_MS);
  }
}
