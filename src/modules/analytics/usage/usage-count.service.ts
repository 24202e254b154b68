import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AnalyticsStore } from '../../../platform/analytics-store/index.js';
import { Database } from '../../../platform/database/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { AnalyticsVersions, firstVersion, keepProject, Projects } from '../project/index.js';
import { EventLimits } from './event-limits.service.js';
import { usageSettings } from './event-limit.store.js';
import { countFrom, isCountDue } from './usage.rules.js';
import { eventsByDay, sharedEventIds } from './usage-statements.js';
import { type UsageCount, UsageStore } from './usage.store.js';

export const countUsageTask: Task = { name: 'usage.count', lane: 'background', priority: 'normal' };

type Run = Pick<JobContext, 'run' | 'signal'>;

interface DueProject {
  readonly id: string;
  readonly number: number;
  /** What the analytics store held at least when it is counted. */
  readonly version: number;
  readonly counted?: UsageCount;
}

/** Reading all events of a project may take long, and is done once a day. */
const statementLimits = { seconds: 600, rows: 100_000_000_000 };
/** Events that occurred later may still be on their way. */
const SETTLED_MS = 60_000;
/** Ids of an earlier time are not compared. */
const MOST_CHECKED_MS = 86_400_000;

/**
 * Counts the events of projects by day, out of the analytics store: there a retried copy is the same row. What is counted
 * is set, not added, so that a count that is repeated after a crash changes nothing.
 */
@Injectable()
export class UsageCounts {
  private readonly sharedIds;
  /** Organizations that this process is counting: a count that takes long is not begun again beside itself. */
  private readonly running = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly store: UsageStore,
    private readonly versions: AnalyticsVersions,
    private readonly projects: Projects,
    private readonly limits: EventLimits,
    private readonly analytics: AnalyticsStore,
    private readonly log: PinoLogger,
    metrics: Metrics,
  ) {
    log.setContext('usage');
    this.sharedIds = metrics.counter(
      'ingest_shared_event_ids_total',
      'Stored events whose event id another event of the project had within the hour before.',
      [],
    );
  }

  /** Enqueues a count for each organization that has stored something since it was counted. */
  async enqueueDue({ run, signal }: Run): Promise<void> {
    const due = await this.database.transaction({ ...usageSettings, readOnly: true }, (tx) =>
      this.versions.uncounted(tx),
    );
    for (const orgId of due) {
      if (signal.aborted) return;
      await run(async (scope) => {
        scope.adopt(orgId);
        await scope.enqueue({ task: countUsageTask, payload: {}, key: orgId });
      });
    }
  }

  /** Counts what is due of the job's organization, and applies its limit. */
  async count({ run, signal, orgId = '' }: Run & Pick<JobContext, 'orgId'>): Promise<void> {
    if (this.running.has(orgId)) return;
    this.running.add(orgId);
    try {
      for (const project of await run((scope) => this.due(scope))) {
        if (signal.aborted) return;
        await this.countProject(project, { run, signal });
      }
      await run((scope) => this.limits.apply(scope));
    } finally {
      this.running.delete(orgId);
    }
  }

  private async due(scope: Scope): Promise<DueProject[]> {
    const uncounted = await this.versions.ofOrganization(scope);
    const counted = new Map((await this.store.counts(scope)).map((count) => [count.project, count]));
    return (await this.projects.list(scope)).flatMap(({ id, number }) => {
      const at = uncounted.get(number);
      const before = counted.get(number);
      if (at === undefined || at.version === at.counted || !isCountDue(before, scope.now())) return [];
      return [{ id, number, version: at.version, counted: before }];
    });
  }

  private async countProject(
    { id, number, version, counted }: DueProject,
    { run, signal }: Run,
  ): Promise<void> {
    const { orgId, now } = await run(async (scope) => ({ orgId: scope.orgId, now: scope.now() }));
    const owner = { orgId, project: { number }, signal };
    const beganAt = performance.now();
    const { from, isComplete } = countFrom(counted, now);
    const until = new Date(now.getTime() - SETTLED_MS);
    // Nothing was ever stored: the engine is not started for it.
    const isEmpty = version === firstVersion;
    const days = isEmpty
      ? []
      : await this.analytics.query(owner, eventsByDay, { from: from.getTime() }, { limits: statementLimits });
    const shared = isEmpty ? 0 : await this.countSharedIds(owner, counted?.idsCheckedUntil, until);
    const tookMs = Math.round(performance.now() - beganAt);
    await run(async (scope) => {
      const tx = await scope.tx();
      if (!(await keepProject(tx, orgId, number))) return;
      const completeAt = isComplete || !counted ? now : counted.completeAt;
      const count = {
        project: number,
        projectId: id,
        countedAt: now,
        tookMs,
        completeAt,
        idsCheckedUntil: until,
      };
      await this.store.record({ orgId, tx }, count, days);
      await this.versions.markCounted(tx, { orgId, project: number }, version);
    });
    this.sharedIds.inc(shared);
  }

  /** What the engine cannot tell, for example for want of memory, holds up no count. */
  private async countSharedIds(
    owner: Parameters<AnalyticsStore['query']>[0],
    checkedUntil: Date | undefined,
    until: Date,
  ): Promise<number> {
    const since = Math.max(checkedUntil?.getTime() ?? 0, until.getTime() - MOST_CHECKED_MS);
    if (since >= until.getTime()) return 0;
    try {
      const input = { since, until: until.getTime() };
      const [row] = await this.analytics.query(owner, sharedEventIds, input);
      return row?.shared ?? 0;
    } catch (error) {
      this.log.warn({ err: error, project: owner.project.number }, 'event ids were not compared');
      return 0;
    }
  }
}
