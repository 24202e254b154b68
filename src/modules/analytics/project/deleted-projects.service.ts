import { Injectable } from '@nestjs/common';
import { AnalyticsStore, eraseProject } from '../../../platform/analytics-store/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { DeletedProjectStore } from './deleted-project.store.js';
import { isErasedForGood } from './project.rules.js';

export const eraseDeletedProjectsTask: Task = {
  name: 'project.erase-deleted',
  lane: 'background',
  priority: 'normal',
};

/** Deletes the events of projects whose row was deleted. */
@Injectable()
export class DeletedProjects {
  constructor(
    private readonly store: DeletedProjectStore,
    private readonly analytics: AnalyticsStore,
  ) {}

  /** Erases all that are pending. One that fails is left to the next run, and holds up no other. */
  async erase({ run, signal }: Pick<JobContext, 'run' | 'signal'>): Promise<void> {
    const failures: unknown[] = [];
    for (const { number, deletedAt } of await run((scope) => this.store.pending(scope))) {
      if (signal.aborted) return;
      try {
        // Its organization may be deleted, too.
        await eraseProject(this.analytics, { orgId: '', project: { number }, signal });
        await run(async (scope) => {
          if (isErasedForGood(deletedAt, scope.now())) await this.store.markErased(scope, number);
        });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some deleted projects were not erased.');
  }
}
