import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { HandlesJob, type JobHandler } from '../../../platform/worker/index.js';
import { EventTimeStore } from './event-time.store.js';
import { drainSettings } from './ingest-queue.store.js';

/** Deletes the times of events whose retries are over. */
@Injectable()
@HandlesJob({ task: 'event.purge_times', cron: '17 * * * *' })
export class PurgeEventTimes implements JobHandler {
  constructor(
    private readonly database: Database,
    private readonly times: EventTimeStore,
  ) {}

  async handle(): Promise<void> {
    await this.database.transaction(drainSettings, (tx) => this.times.purge(tx));
  }
}
