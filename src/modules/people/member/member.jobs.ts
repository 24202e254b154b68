import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { RegionChanges, regionChangeTask } from './region-changes.service.js';

/** Completes a member's change of region. */
@Injectable()
@HandlesJob({ task: regionChangeTask })
export class ChangeRegionJob implements JobHandler<{ changeId: string }> {
  constructor(private readonly changes: RegionChanges) {}

  async handle({ changeId }: { changeId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.changes.complete(scope, changeId));
  }
}
