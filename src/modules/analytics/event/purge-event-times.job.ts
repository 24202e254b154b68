import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { EventTimeStore } from './event-time.store.js';
import { drainSettings } from './ingest-queue.store.js';

/** Rows that one transaction deletes. */
const PIECE = 10_000;

/** Deletes the times of events whose retries are over. */
@Injectable()
@HandlesJob({
  task: { name: 'event.purge_times', lane: 'background', priority: 'low' },
  cron: '*/10 * * * *',
})
export class PurgeEventTimes implements JobHandler {
  constructor(
    private readonly database: Database,
    private readonly times: EventTimeStore,
  ) {}

  async handle(_payload: Record<string, unknown>, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    let deleted = PIECE;
    while (deleted >= PIECE && !signal.aborted)
      deleted = await this.database.transaction(drainSettings, (tx) => this.times.purge(tx, PIECE));
  }
}
