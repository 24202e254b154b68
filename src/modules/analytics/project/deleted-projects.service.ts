import { Injectable } from '@nestjs/common';
import type { JobContext } from '../../../platform/worker/index.js';
import { DeletedProjectStore } from './deleted-project.store.js';
import { isErasedForGood } from './project.rules.js';

export const eraseDeletedProjectsTask = 'project.erase-deleted';

/** Deletes what a store outside of PostgreSQL keeps of the project with this number. Runs again and again. */
export type ProjectErasure = (number: number) => Promise<void>;

/** Deletes the events of projects whose row was deleted. */
@Injectable()
export class DeletedProjects {
  private readonly erasures: ProjectErasure[] = [];

  constructor(private readonly store: DeletedProjectStore) {}

  /** Called by a module when it starts. */
  contribute(erasure: ProjectErasure): void {
    this.erasures.push(erasure);
  }

  /** Erases all that are pending. One that fails is left to the next run, and holds up no other. */
  async erase({ run, signal }: Pick<JobContext, 'run' | 'signal'>): Promise<void> {
    const failures: unknown[] = [];
    for (const project of await run((scope) => this.store.pending(scope))) {
      if (signal.aborted) return;
      try {
        for (const erase of this.erasures) await erase(project.number);
        await run((scope) =>
          isErasedForGood(project.deletedAt, scope.now())
            ? this.store.markErased(scope, project.number)
            : Promise.resolve(),
        );
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some deleted projects were not erased.');
  }
}
