import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { IngestQueueStore, drainSettings } from './ingest-queue.store.js';

/** Figures of the way that events take. Those of the queue are of the whole installation, told alike by every process. */
@Injectable()
export class IngestMetrics {
  readonly accepted;
  readonly drained;
  readonly full;
  readonly erased;

  constructor(database: Database, queue: IngestQueueStore, deadLetters: DeadLetterStore, metrics: Metrics) {
    this.accepted = metrics.counter('ingest_accepted_events_total', 'Events that were queued.', []);
    this.drained = metrics.counter('ingest_drained_events_total', 'Events moved to the analytics store.', []);
    this.erased = metrics.counter('ingest_erased_events_total', 'Events of erased persons, refused.', []);
    this.full = metrics.counter('ingest_full_total', 'Requests refused because the queue was full.', [
      'limit',
    ]);
    const length = metrics.gauge('ingest_queue', 'What waits for the analytics store.', ['unit']);
    const age = metrics.gauge('ingest_queue_oldest_seconds', 'How long the oldest queued batch has waited.');
    const dead = metrics.gauge('ingest_dead_letters', 'Batches that the analytics store refused.');
    metrics.onScrape(async () => {
      length.reset();
      age.remove();
      dead.remove();
      const [backlog, buried] = await database.transaction(
        { ...drainSettings, readOnly: true },
        async (tx) => [await queue.backlog(tx), await deadLetters.count(tx)],
      );
      const total = (unit: 'batches' | 'events' | 'octets'): number =>
        backlog.reduce((sum, project) => sum + project[unit], 0);
      length.set({ unit: 'batches' }, total('batches'));
      length.set({ unit: 'events' }, total('events'));
      length.set({ unit: 'bytes' }, total('octets'));
      age.set(Math.max(0, ...backlog.map(({ ageSeconds }) => ageSeconds)));
      dead.set(buried);
    });
  }
}
