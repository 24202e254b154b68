import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  AnalyticsStore,
  erasePerson,
  profileTarget,
  type StatementOwner,
} from '../../../platform/analytics-store/index.js';
import { DataSubjects } from '../../../platform/personal-data/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { type ErasedId, WaitingEvents } from '../event/index.js';
import { Profiles } from '../profile/index.js';
import { AnalyticsVersions } from '../project/index.js';
import { confirmTask, type ErasureScope, forgetTask } from './erasure.js';
import { ErasureStore } from './erasure.store.js';
import { eventsOfPerson } from './events-of-person.js';

const MINUTE_MS = 60_000;
const MIRROR_PATIENCE_MS = 30_000;
const MIRROR_PAUSE_MS = 200;
/** What a killed process had sent to the analytics store arrives within it. */
const CONFIRM_AFTER_MS = 10 * MINUTE_MS;
/** How long the ledger tells whom it was about, so that a person who asks can be answered. */
const NAMES_FOR_MS = 30 * 24 * 60 * MINUTE_MS;

/**
 * Erases what requests have fixed. Every step can be repeated, and a later one begins when the earlier one is complete:
 * the queue first, so that nothing follows into the analytics store, then that store, then PostgreSQL.
 */
@Injectable()
export class ErasureRun {
  constructor(
    private readonly store: ErasureStore,
    private readonly waiting: WaitingEvents,
    private readonly analytics: AnalyticsStore,
    private readonly profiles: Profiles,
    private readonly subjects: DataSubjects,
    private readonly versions: AnalyticsVersions,
  ) {}

  async erase(erasure: ErasureScope, orgId: string, context: JobContext): Promise<void> {
    const { id } = erasure;
    await this.waiting.erase(leavingPerson(erasure), context, (scope, events) =>
      this.store.noteQueued(scope, id, events),
    );
    await this.mirrored(erasure, context);
    const owner = { orgId, project: { number: erasure.project }, signal: context.signal };
    if (!erasure.isCounted) {
      const events = await this.countStored(owner, erasure);
      await context.run((scope) => this.store.noteStored(scope, id, events));
    }
    await this.eraseStored(owner, erasure);
    await this.bury(erasure);
    await context.run(async (scope) => {
      if (!(await this.store.complete(scope, id))) return;
      await this.subjects.erase(scope, erasure);
      await this.subjects.eraseCopies(scope, erasure);
      for (const [task, after] of [
        [confirmTask, CONFIRM_AFTER_MS],
        [forgetTask, NAMES_FOR_MS],
      ] as const)
        await scope.enqueue({
          task,
          payload: { requestId: id },
          key: id,
          runAt: new Date(scope.now().getTime() + after),
        });
      await scope.audit('PROFILE_ERASED', { entityType: 'erasure_request', entityId: id });
      await this.versions.raise(await scope.tx(), [{ orgId, project: erasure.project }]);
    });
  }

  /** Repeats the deletion for writes of a killed process that arrived late, then forgets the ids. */
  async confirm(id: string, orgId: string, context: JobContext): Promise<void> {
    const erasure = await context.run((scope) => this.store.scopeOfCompleted(scope, id));
    if (!erasure) return;
    await this.waiting.erase(leavingPerson(erasure), context, async () => undefined);
    const owner = { orgId, project: { number: erasure.project }, signal: context.signal };
    // What was stored behind the erasure may be in copies that were made since. Before the deletion, which hides it from a
    // run that repeats this one.
    const isLate = (await this.countStored(owner, erasure)) > 0;
    if (isLate) await context.run((scope) => this.subjects.eraseCopies(scope, erasure));
    await this.eraseStored(owner, erasure);
    await context.run(async (scope) => {
      // The store forgot where returning ids lead now.
      await this.subjects.erase(scope, erasure);
      if (isLate) await this.subjects.eraseCopies(scope, erasure);
      await this.store.forgetScope(scope, id);
      await this.versions.raise(await scope.tx(), [{ orgId, project: erasure.project }]);
    });
  }

  /**
   * Waits until the mirror has sent what the request changed: then it has nothing older in hand. A mirror that cannot send
   * is not waited for; the confirmation follows it.
   */
  private async mirrored({ profileIds }: ErasureScope, { run, signal }: JobContext): Promise<void> {
    for (let waited = 0; waited < MIRROR_PATIENCE_MS; waited += MIRROR_PAUSE_MS) {
      if (!(await run((scope) => this.profiles.hasUnsent(scope, profileIds)))) return;
      await delay(MIRROR_PAUSE_MS, undefined, { signal });
    }
  }

  private async countStored(owner: StatementOwner, erasure: ErasureScope): Promise<number> {
    const [counted] = await this.analytics.query(owner, eventsOfPerson, erasure);
    return counted?.events ?? 0;
  }

  private async eraseStored(owner: StatementOwner, erasure: ErasureScope): Promise<void> {
    const { profileIds, distinctIds, returningIds, requestedAt } = erasure;
    const person = { profileIds, distinctIds, returningIds, until: requestedAt.getTime() };
    await erasePerson(this.analytics, owner, person);
  }

  /** What the mirror has in hand comes too late: these rows are newer, and hold only the mark of deletion. */
  private async bury({ project, profileIds }: ErasureScope): Promise<void> {
    const gone = { external_id: '', properties: {}, numbers: {}, numeric_texts: [], deleted: true };
    await this.analytics.insert(
      profileTarget,
      profileIds.map((id) => ({ ...gone, project, profile_id: id, version: Date.now() * 1_000 + 999 })),
    );
  }
}

function leavingPerson({ project, distinctIds, returningIds, requestedAt }: ErasureScope) {
  const ids = new Map<string, ErasedId>();
  for (const id of returningIds) ids.set(id, { returnsAfter: requestedAt });
  for (const id of distinctIds) ids.set(id, { returnsAfter: null });
  return { project, ids };
}
