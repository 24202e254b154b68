import { Module, type OnModuleInit } from '@nestjs/common';
import { ProjectModule, Projects } from '../project/index.js';
import { BlockLoader } from './block-loader.js';
import { CookielessIdentity } from './cookieless-identity.js';
import { CookielessSalts } from './cookieless-salts.js';
import { ForgetCookieless } from './cookieless.jobs.js';
import { CookielessStore } from './cookieless.store.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { DeadLetters } from './dead-letters.js';
import { DocumentedEventsRpc } from './documented-events.rpc.js';
import { ErasedIdStore } from './erased-id.store.js';
import { ErasedIds } from './erased-ids.js';
import { EventDrain } from './event-drain.js';
import { EventIntake } from './event-intake.js';
import { EventQueue } from './event-queue.js';
import { EventTimeStore } from './event-time.store.js';
import { GeoDatabase } from './geo-database.js';
import { EventSink } from './event-sink.js';
import { IngestMetrics } from './ingest-metrics.js';
import { IngestQueueStore } from './ingest-queue.store.js';
import { IngestSignal } from './ingest-signal.js';
import { Ingest } from './ingest.service.js';
import { LiveLag } from './live-lag.js';
import { PurgeEventTimes } from './purge-event-times.job.js';
import { ShippedEventsRpc } from './shipped-events.rpc.js';
import { QueueUses } from './queue-use.js';
import { WaitingEvents } from './waiting-events.js';
import { WaitingEventsStore } from './waiting-events.store.js';
import { WriteTurnStore } from './write-turn.store.js';

/**
 * An event is something that a product's user did, as an SDK reports it. Accepted events wait in a queue in PostgreSQL
 * (`ingest_batch`, one row per request) until the drain has put them into the analytics store.
 *
 * - What was accepted is stored, and counted once, whatever crashes: a batch leaves the queue after its insert was
 *   acknowledged, and inserted again it yields the same rows.
 * - A batch that the store refuses becomes a dead letter; it holds up no other.
 * - One project cannot fill the queue.
 * - The salt of a day is forgotten two days after the day began: nothing then leads from a cookieless event to an address.
 */
@Module({
  imports: [ProjectModule],
  controllers: [DocumentedEventsRpc, ShippedEventsRpc],
  providers: [
    BlockLoader,
    CookielessIdentity,
    CookielessSalts,
    CookielessStore,
    DeadLetters,
    DeadLetterStore,
    ErasedIds,
    ErasedIdStore,
    EventDrain,
    EventIntake,
    EventQueue,
    EventTimeStore,
    ForgetCookieless,
    GeoDatabase,
    EventSink,
    Ingest,
    IngestMetrics,
    IngestQueueStore,
    IngestSignal,
    LiveLag,
    PurgeEventTimes,
    QueueUses,
    WaitingEvents,
    WaitingEventsStore,
    WriteTurnStore,
  ],
  exports: [
    CookielessSalts,
    ErasedIds,
    EventQueue,
    EventSink,
    Ingest,
    LiveLag,
    WaitingEvents,
    WriteTurnStore,
  ],
})
export class EventModule implements OnModuleInit {
  constructor(
    private readonly projects: Projects,
    private readonly queue: IngestQueueStore,
  ) {}

  onModuleInit(): void {
    // Its dead letters go with its version, in the last moment: until then a worker may bury a batch.
    this.projects.contribute((scope, { number }) => this.queue.removeOfProject(scope, number));
  }
}
