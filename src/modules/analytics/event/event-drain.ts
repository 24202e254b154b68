import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Database, type Transaction } from '../../../platform/database/index.js';
import { type ContinuousWork, RunsContinuously } from '../../../platform/worker/index.js';
import { BlockLoader, type LoadReport, type Refused } from './block-loader.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { nextBlockEvents, pauseAfter } from './drain-pace.rules.js';
import { IngestMetrics } from './ingest-metrics.js';
import { IngestQueueStore, type QueuedBatch, drainSettings } from './ingest-queue.store.js';
import { IngestSignal } from './ingest-signal.js';

const pace = { between: 500, idle: 200, trouble: 250, mostTrouble: 5_000 };
const BLOCK_EVENTS = 50_000;
const CLAIM_BATCHES = 2_000;
/** Uncompressed. Putting a block together takes a few times as much memory. */
const CLAIM_OCTETS = 48 * 1024 * 1024;
/** Seconds until a batch that the store broke off is tried again; longer each time. */
const POSTPONED_SECONDS = 2;
/** Then it is a dead letter, if the store takes others. */
const MOST_ATTEMPTS = 5;

/**
 * Moves accepted batches to the analytics store. Claims with row locks, so that several workers share the queue and a
 * killed one leaves its batches to the others. Deletes a batch in the transaction that claimed it, after the insert was
 * acknowledged; what is inserted twice is the same rows, of which a reader sees one.
 */
@Injectable()
@RunsContinuously()
export class EventDrain implements ContinuousWork {
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  /** Fires when an insert in hand has had its grace. */
  private readonly givingUp = new AbortController();
  private blockEvents = BLOCK_EVENTS;
  private troubles = 0;

  constructor(
    private readonly database: Database,
    private readonly queue: IngestQueueStore,
    private readonly deadLetters: DeadLetterStore,
    private readonly loader: BlockLoader,
    private readonly arrivals: IngestSignal,
    private readonly metrics: IngestMetrics,
    @Inject(CONFIG) private readonly config: Config,
    private readonly log: PinoLogger,
  ) {
    log.setContext('event-drain');
  }

  async start(): Promise<void> {
    this.running = this.run();
  }

  /** Ends after the round in hand: what is claimed is inserted. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const timer = setTimeout(() => this.givingUp.abort(), this.config.shutdownGraceSeconds * 1000);
    await this.running.finally(() => clearTimeout(timer));
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const beganAt = performance.now();
      const batches = await this.round();
      const pause = pauseAfter(
        {
          tookMs: performance.now() - beganAt,
          batches: batches.length,
          isFull: eventsOf(batches) >= this.blockEvents / 2,
          troubles: this.troubles,
        },
        pace,
      );
      // An empty queue is looked into at once when this process accepts something.
      const isIdle = batches.length === 0 && this.troubles === 0;
      if (pause > 0) await (isIdle ? this.arrivals.next(pause, signal) : rest(pause, signal));
    }
  }

  /** Returns what was claimed. */
  private async round(): Promise<readonly QueuedBatch[]> {
    try {
      const { batches, report } = await this.database.transaction(drainSettings, (tx) => this.drain(tx));
      // What a block did to the store is no reason to spare the store: a smaller one follows.
      if (!report?.trouble || report.shrink || report.strained) this.troubles = 0;
      if (report?.trouble) this.complain(report.trouble);
      return batches;
    } catch (error) {
      this.complain(error);
      return [];
    }
  }

  private async drain(tx: Transaction): Promise<{ batches: readonly QueuedBatch[]; report?: LoadReport }> {
    const batches = await this.queue.claim(tx, {
      batches: CLAIM_BATCHES,
      events: this.blockEvents,
      rawOctets: CLAIM_OCTETS,
    });
    if (batches.length === 0) return { batches };
    const report = await this.loader.load(batches, this.givingUp.signal);
    this.blockEvents = nextBlockEvents(
      { shrink: report.shrink, claimed: eventsOf(batches), allowed: this.blockEvents },
      BLOCK_EVENTS,
    );
    await this.record(tx, report);
    return { batches, report };
  }

  private async record(tx: Transaction, { stored, refused, strained }: LoadReport): Promise<void> {
    if (stored.length > 0)
      await this.queue.remove(
        tx,
        stored.map(({ id }) => id),
      );
    for (const { batch, error } of refused) await this.bury(tx, batch, error);
    if (strained) await this.postponeOrBury(tx, strained);
    this.metrics.drained.inc(eventsOf(stored));
  }

  private async postponeOrBury(tx: Transaction, { batch, error }: Refused): Promise<void> {
    const isHopeless = batch.attempts + 1 >= MOST_ATTEMPTS && (await this.loader.takesInserts());
    if (isHopeless) await this.bury(tx, batch, error);
    else await this.queue.postpone(tx, batch.id, POSTPONED_SECONDS);
  }

  private async bury(tx: Transaction, { id, project }: QueuedBatch, error: unknown): Promise<void> {
    this.log.error({ batchId: id, project, err: error }, 'batch refused by the analytics store');
    await this.deadLetters.bury(tx, id, String(error));
  }

  private complain(error: unknown): void {
    this.troubles += 1;
    this.log.warn({ err: error, troubles: this.troubles }, 'events cannot be moved to the analytics store');
  }
}

function eventsOf(batches: readonly QueuedBatch[]): number {
  return batches.reduce((sum, { events }) => sum + events, 0);
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
