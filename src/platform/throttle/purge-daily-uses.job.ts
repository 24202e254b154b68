import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../worker/index.js';
import { DailyLimits } from './daily-limits.js';

/** What happened more than a day ago counts no more. */
@Injectable()
@HandlesJob({
  task: { name: 'throttle.purge_daily_uses', lane: 'background', priority: 'low' },
  cron: '17 * * * *',
})
export class PurgeDailyUsesJob implements JobHandler {
  constructor(private readonly limits: DailyLimits) {}

  async handle(_payload: Record<string, unknown>, { run }: JobContext): Promise<void> {
    await run((scope) => this.limits.purge(scope));
  }
}
