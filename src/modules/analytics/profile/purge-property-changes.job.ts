import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { PropertyChangeStore, retentionSettings } from './property-change.store.js';

/** Rows that one transaction deletes. */
const PIECE = 5_000;

/** Deletes the history that is older than its project keeps events. */
@Injectable()
@HandlesJob({
  task: { name: 'profile.purge_property_changes', lane: 'background', priority: 'low' },
  cron: '50 3 * * *',
})
export class PurgePropertyChanges implements JobHandler {
  constructor(
    private readonly database: Database,
    private readonly changes: PropertyChangeStore,
    private readonly clock: Clock,
  ) {}

  async handle(_payload: Record<string, unknown>, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    let deleted = PIECE;
    while (deleted >= PIECE && !signal.aborted)
      deleted = await this.database.transaction(retentionSettings, (tx) =>
        this.changes.purge(tx, this.clock.now(), PIECE),
      );
  }
}
