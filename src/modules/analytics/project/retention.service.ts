import { Injectable } from '@nestjs/common';
import { AnalyticsStore, applyRetention } from '../../../platform/analytics-store/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { AnalyticsVersions } from './analytics-version.store.js';
import { LATE_BATCHES_MS } from './project.rules.js';
import { ProjectStore } from './project.store.js';

export const applyRetentionTask: Task = {
  name: 'project.apply-retention',
  lane: 'background',
  priority: 'normal',
};

/** Brings the events that are stored in line with the retention of their project. */
@Injectable()
export class Retention {
  constructor(
    private readonly store: ProjectStore,
    private readonly analytics: AnalyticsStore,
    private readonly versions: AnalyticsVersions,
  ) {}

  /** At once, and when no batch can follow that was accepted with the former retention. */
  async enqueue(scope: Scope, projectId: string): Promise<void> {
    const payload = { projectId };
    const runAt = new Date(scope.now().getTime() + LATE_BATCHES_MS);
    await scope.enqueue({ task: applyRetentionTask, payload, key: projectId });
    const later = {
      task: applyRetentionTask,
      payload,
      runAt,
      key: `${projectId}/again`,
    };
    await scope.enqueue(later);
  }

  async apply(projectId: string, { run, signal }: Pick<JobContext, 'run' | 'signal'>): Promise<void> {
    const found = await run(async (scope) => ({
      project: await this.store.find(scope, projectId),
      now: scope.now().getTime(),
    }));
    const { project, now } = found;
    if (!project) return;
    const { orgId, retentionDays: days } = project;
    await applyRetention(this.analytics, { orgId, project, signal }, { days, now });
    // Answers that were kept say more than is there now.
    await run(async (scope) => this.versions.raise(await scope.tx(), [{ orgId, project: project.number }]));
  }
}
