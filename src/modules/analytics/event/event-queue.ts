import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError } from '../../../platform/errors/index.js';
import type { Project } from '../../../platform/caller/project.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type BatchBody, encodeBody, encodeTouches } from './batch-body.js';
import type { EventRow, RowContext } from './event-row.js';
import { IngestMetrics } from './ingest-metrics.js';
import { IngestQueueStore } from './ingest-queue.store.js';
import { IngestSignal } from './ingest-signal.js';
import { fullQueue } from './queue-limits.rules.js';
import { QueueUses } from './queue-use.js';
import type { TouchRow } from './touch-row.js';

/** For as long as an SDK waits between two tries. */
const RETRY_SECONDS = 5;

/** Takes accepted events: durable in PostgreSQL when it answers, in the analytics store within two seconds. */
@Injectable()
export class EventQueue {
  constructor(
    private readonly store: IngestQueueStore,
    private readonly uses: QueueUses,
    private readonly arrivals: IngestSignal,
    private readonly metrics: IngestMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Queues the rows that `rowsOf` makes for this batch of the project, which is that of the scope unless another of its organization is
   * given. They are durable when this returns, or when the scope is committed if it has written before.
   */
  async add(
    scope: Scope,
    rowsOf: (context: RowContext) => readonly EventRow[],
    { number: project, retentionDays }: Pick<Project, 'number' | 'retentionDays'> = scope.project,
  ): Promise<void> {
    const receivedAt = scope.now();
    const id = uuid({ msecs: receivedAt.getTime() });
    const rows = rowsOf({ project, batchId: id, receivedAt, retentionDays });
    if (rows.length > 0) await this.put(scope, { id, project, receivedAt, ...encodeBody(rows) });
  }

  /** The same for touches, under the number of the organization's heat maps. */
  async addTouches(scope: Scope, number: number, rows: readonly TouchRow[]): Promise<void> {
    const receivedAt = scope.now();
    const id = uuid({ msecs: receivedAt.getTime() });
    if (rows.length > 0) await this.put(scope, { id, project: number, receivedAt, ...encodeTouches(rows) });
  }

  /** When the oldest batch of the number was received that is not in the analytics store yet, if one waits. */
  waitingSince(scope: Scope, number: number): Promise<Date | undefined> {
    return this.store.waitingSince(scope, number);
  }

  private async put(
    scope: Scope,
    batch: BatchBody & { readonly id: string; readonly project: number; readonly receivedAt: Date },
  ): Promise<void> {
    await this.store.add(scope, batch);
    this.uses.add({ orgId: scope.orgId, number: batch.project }, batch.body.length);
    this.metrics.accepted.inc(batch.events);
    this.arrivals.announce();
  }

  /**
   * Throws UNAVAILABLE (`INGEST_QUEUE_FULL`) when too much waits for the analytics store: nothing is queued, and the client
   * tries again later.
   */
  async refuseWhenFull(project: Pick<Project, 'orgId' | 'number'>): Promise<void> {
    const limit = fullQueue(await this.uses.of(project), this.config.ingest.queue);
    if (!limit) return;
    this.metrics.full.inc({ limit });
    throw new AppError(
      'unavailable',
      'INGEST_QUEUE_FULL',
      'Too many events wait for the analytics store; send these again later.',
      { retryAfterSeconds: RETRY_SECONDS },
    );
  }
}
