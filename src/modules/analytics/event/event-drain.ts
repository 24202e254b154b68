import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Database, type Transaction } from '../../../platform/database/index.js';
import { type ContinuousWork, RunsContinuously } from '../../../platform/worker/index.js';
import { AnalyticsVersions } from '../project/index.js';
import { BlockLoader, type LoadReport } from './block-loader.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { nextBlockEvents, pauseAfter } from './drain-pace.rules.js';
import { ErasedIds, type RefusedLines } from './erased-ids.js';
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

interface Drained {
  readonly batches: number;
  /** More is waiting. */
  readonly isFull: boolean;
  /** Undefined when nothing was claimed. */
  readonly report?: LoadReport;
}

interface Pass extends Omit<Drained, 'report'> {
  readonly hadTrouble: boolean;
}

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
    private readonly versions: AnalyticsVersions,
    private readonly loader: BlockLoader,
    private readonly erased: ErasedIds,
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
      const { batches, isFull } = await this.round();
      const tookMs = performance.now() - beganAt;
      const pause = pauseAfter({ tookMs, batches, isFull, troubles: this.troubles }, pace);
      // An empty queue is looked into at once when this process accepts something.
      const isIdle = batches === 0 && this.troubles === 0;
      if (pause > 0) await (isIdle ? this.arrivals.next(pause, signal) : rest(pause, signal));
    }
  }

  /** A block of many, and then one of those that are stored alone: so nothing waits for more than one of them. */
  private async round(): Promise<Pass> {
    const common = await this.pass((tx) => this.drain(tx));
    if (this.troubles > 0 || common.hadTrouble) return common;
    const apart = await this.pass((tx) => this.drainApart(tx));
    return {
      ...apart,
      batches: common.batches + apart.batches,
      isFull: common.isFull || apart.isFull,
    };
  }

  private async pass(work: (tx: Transaction) => Promise<Drained>): Promise<Pass> {
    try {
      const { batches, isFull, report } = await this.database.transaction(drainSettings, work);
      // What a block did to the store is no reason to spare the store: a smaller one follows.
      if (!report?.trouble || report.shrink || report.strained) this.troubles = 0;
      if (report?.trouble) this.complain(report.trouble);
      return { batches, isFull, hadTrouble: report?.trouble !== undefined };
    } catch (error) {
      this.complain(error);
      return { batches: 0, isFull: false, hadTrouble: true };
    }
  }

  private async drain(tx: Transaction): Promise<Drained> {
    const { batches, isCut } = await this.queue.claim(tx, {
      batches: CLAIM_BATCHES,
      events: this.blockEvents,
      rawOctets: CLAIM_OCTETS,
    });
    if (batches.length === 0) return { batches: 0, isFull: false };
    const claimed = eventsOf(batches);
    const isFull = isCut || claimed >= this.blockEvents / 2;
    const refused = await this.erased.refusedLines(tx, batches);
    const report = await this.loader.load(batches, refused, this.givingUp.signal);
    this.metrics.erased.inc(refused.count);
    const succeeded = report.stored.length > 0 && report.trouble === undefined;
    this.blockEvents = nextBlockEvents(
      { shrink: report.shrink, succeeded, claimed, allowed: this.blockEvents },
      BLOCK_EVENTS,
    );
    await this.record(tx, report, refused);
    return { batches: batches.length, isFull, report };
  }

  /** A batch of many months, or one in which the store broke off before. */
  private async drainApart(tx: Transaction): Promise<Drained> {
    const batch = await this.queue.claimApart(tx);
    if (!batch) return { batches: 0, isFull: false };
    const refused = await this.erased.refusedLines(tx, [batch]);
    const report = await this.loadApart(batch, refused);
    await this.record(tx, report, refused);
    return { batches: 1, isFull: true, report };
  }

  /** The store must be proven up before a suspect is tried again: only then does it count against the batch. */
  private async loadApart(batch: QueuedBatch, lines: RefusedLines): Promise<LoadReport> {
    const report = { stored: [], refused: [], shrink: false };
    if (batch.attempts > 0 && !(await this.loader.takesInserts()))
      return { ...report, trouble: new Error('The analytics store takes no rows.') };
    if (batch.attempts < MOST_ATTEMPTS) return this.loader.load([batch], lines, this.givingUp.signal);
    const error = new Error(
      `The analytics store broke off in ${batch.attempts} inserts of this batch alone.`,
    );
    return { ...report, refused: [{ batch, error }] };
  }

  private async record(
    tx: Transaction,
    { stored, refused, strained }: LoadReport,
    lines: RefusedLines,
  ): Promise<void> {
    if (strained) await this.queue.postpone(tx, strained.batch.id, POSTPONED_SECONDS);
    if (refused.length > 0) await this.bury(tx, { refused, stored }, lines);
    if (stored.length > 0) {
      await this.queue.remove(tx, stored);
      await this.versions.raise(tx, stored);
    }
    this.metrics.drained.inc(eventsOf(stored));
  }

  /**
   * Locks the versions of all projects at once, which is in order. Nothing is kept of a project that was deleted, nor of
   * erased persons: their erasure has seen the dead letters before.
   */
  private async bury(
    tx: Transaction,
    { refused, stored }: Pick<LoadReport, 'refused' | 'stored'>,
    lines: RefusedLines,
  ): Promise<void> {
    const batches = refused.map(({ batch }) => batch);
    const existing = await this.versions.lock(tx, [...batches, ...stored]);
    const unkept: QueuedBatch[] = [];
    for (const { batch, error } of refused) {
      const { id, project } = batch;
      this.log.error({ batchId: id, project, err: error }, 'batch refused by the analytics store');
      const left = lines.leftOf(batch);
      if (existing.has(project) && left?.events !== 0)
        await this.deadLetters.bury(tx, id, String(error), left);
      else unkept.push(batch);
    }
    await this.queue.remove(tx, unkept);
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
