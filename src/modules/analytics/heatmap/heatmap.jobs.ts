import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { AllowanceStore } from './allowance.store.js';
import { dayOf } from './days.rules.js';
import { removeUnusedTask, Screenshots } from './screenshots.service.js';

/** Deletes how many touches each person had left on days that are over. */
@Injectable()
@HandlesJob({
  task: { name: 'heatmap.purge-allowances', lane: 'background', priority: 'normal' },
  cron: '*/10 * * * *',
})
export class PurgeAllowances implements JobHandler {
  constructor(private readonly allowances: AllowanceStore) {}

  async handle(_payload: Record<string, unknown>, { run }: JobContext): Promise<void> {
    await run((scope) => this.allowances.purgeBefore(scope, dayOf(scope.now().getTime())));
  }
}

/** Deletes the file of a screenshot that was replaced, or was never completed. */
@Injectable()
@HandlesJob({ task: removeUnusedTask })
export class RemoveUnusedScreenshot implements JobHandler<{ screenshotId: string }> {
  constructor(private readonly screenshots: Screenshots) {}

  async handle({ screenshotId }: { screenshotId: string }, context: JobContext): Promise<void> {
    await this.screenshots.removeUnused(context, screenshotId);
  }
}
