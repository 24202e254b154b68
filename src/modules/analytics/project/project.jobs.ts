import { Injectable } from '@nestjs/common';
import { AnalyticsStore } from '../../../platform/analytics-store/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { applyRetentionTask, Retention } from './retention.service.js';
import { DeletedProjects, eraseDeletedProjectsTask } from './deleted-projects.service.js';

/** Deletes the events of deleted projects: at once, and again for an hour, because accepted batches are still stored. */
@Injectable()
@HandlesJob({ task: eraseDeletedProjectsTask, cron: '*/10 * * * *' })
export class EraseDeletedProjects implements JobHandler {
  constructor(private readonly deleted: DeletedProjects) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await this.deleted.erase(context);
  }
}

/** Frees the space of deleted events and profiles, which until then lie unseen on the disk. */
@Injectable()
@HandlesJob({
  task: { name: 'project.free-deleted', lane: 'background', priority: 'low' },
  cron: '40 3 * * *',
})
export class FreeDeleted implements JobHandler {
  constructor(private readonly analytics: AnalyticsStore) {}

  async handle(_payload: Record<string, unknown>, { signal }: JobContext): Promise<void> {
    await this.analytics.freeDeleted({ signal });
  }
}

/** Deletes what a shorter retention no longer allows, and dates the deletion of the rest. */
@Injectable()
@HandlesJob({ task: applyRetentionTask })
export class ApplyRetention implements JobHandler<{ projectId: string }> {
  constructor(private readonly retention: Retention) {}

  async handle({ projectId }: { projectId: string }, context: JobContext): Promise<void> {
    await this.retention.apply(projectId, context);
  }
}
