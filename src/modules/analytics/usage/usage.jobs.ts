import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { countUsageTask, UsageCounts } from './usage-count.service.js';

/** Finds organizations whose projects have stored events. */
@Injectable()
@HandlesJob({ task: { name: 'usage.sweep', lane: 'background', priority: 'normal' }, cron: '* * * * *' })
export class SweepUsage implements JobHandler {
  constructor(private readonly counts: UsageCounts) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await this.counts.enqueueDue(context);
  }
}

/** Counts the events of an organization by project and day. */
@Injectable()
@HandlesJob({ task: countUsageTask })
export class CountUsage implements JobHandler {
  constructor(private readonly counts: UsageCounts) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await this.counts.count(context);
  }
}
