import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
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
