import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { DEFAULT_RETENTION_DAYS } from './recording.rules.js';
import { RecordingRemoval } from './recording-removal.js';
import { RecordingSettingsStore } from './recording-settings.store.js';
import { RecordingStore, retentionSettings } from './recording.store.js';

/** Deletes the recordings of the organization whose time is over. */
export const purgeTask: Task = { name: 'replay.purge', lane: 'background', priority: 'low' };

const DAY_MS = 86_400_000;
/** Recordings that one transaction deletes, with up to ten thousand chunks each. */
const PIECE = 10;

/** How long recordings are kept. */
@Injectable()
export class RecordingRetention {
  constructor(
    private readonly settings: RecordingSettingsStore,
    private readonly store: RecordingStore,
    private readonly removal: RecordingRemoval,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async days(scope: Scope): Promise<number> {
    return (await this.settings.findDays(scope)) ?? DEFAULT_RETENTION_DAYS;
  }

  /** Holds for the recordings that are there, too. */
  async setDays(scope: Scope, days: number): Promise<void> {
    const before = await this.days(scope);
    await this.settings.saveDays(scope, days);
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { recording_retention_days: `${before} -> ${days}` },
    });
    await this.enqueuePurge(scope);
  }

  /** Enqueues a purge for each organization with recordings whose time is over. */
  async enqueueDue({ run, signal }: Pick<JobContext, 'run' | 'signal'>): Promise<void> {
    const due = await this.database.transaction({ ...retentionSettings, readOnly: true }, (tx) =>
      this.store.organizationsWithExpired(tx, this.clock.now()),
    );
    for (const orgId of due) {
      if (signal.aborted) return;
      await run(async (scope) => {
        scope.adopt(orgId);
        await this.enqueuePurge(scope);
      });
    }
  }

  /** Deletes a piece; false when nothing is left to delete. */
  async purge(scope: Scope): Promise<boolean> {
    const before = new Date(scope.now().getTime() - (await this.days(scope)) * DAY_MS);
    const expired = await this.store.beganBefore(scope, before, PIECE);
    await this.removal.remove(scope, expired);
    return expired.length === PIECE;
  }

  async enqueuePurge(scope: Scope): Promise<void> {
    await scope.enqueue({ task: purgeTask, payload: {}, key: scope.orgId });
  }
}
