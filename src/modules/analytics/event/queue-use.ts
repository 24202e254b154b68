import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { IngestQueueStore, drainSettings } from './ingest-queue.store.js';
import type { QueueUse } from './queue-limits.rules.js';

const FRESH_MS = 1_000;
/** A long queue takes long to measure: that is done for at most a twentieth of the time. */
const SPARING = 20;

/**
 * How much waits in the queue, as a process knows it without asking at each request: what was measured within the last
 * seconds, and what it has added since. Several processes together can exceed a limit by what they accept in that time.
 */
@Injectable()
export class QueueUses {
  private measured = new Map<number, number>();
  /** Before the measurement that is under way, and since then. */
  private addedBefore = new Map<number, number>();
  private added = new Map<number, number>();
  private measuring: Promise<void> | undefined;
  private freshUntil = 0;

  constructor(
    private readonly database: Database,
    private readonly store: IngestQueueStore,
  ) {}

  /** Waits for the first measurement only. */
  async of(project: number): Promise<QueueUse> {
    if (performance.now() >= this.freshUntil) {
      const isFirst = this.freshUntil === 0;
      this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
      if (isFirst) await this.measuring;
      else this.measuring.catch(() => undefined);
    }
    const parts = [this.measured, this.addedBefore, this.added];
    return {
      total: sum(parts.flatMap((part) => [...part.values()])),
      project: sum(parts.map((part) => part.get(project) ?? 0)),
    };
  }

  add(project: number, octets: number): void {
    this.added.set(project, (this.added.get(project) ?? 0) + octets);
  }

  private async measure(): Promise<void> {
    const beganAt = performance.now();
    for (const [project, octets] of this.added)
      this.addedBefore.set(project, (this.addedBefore.get(project) ?? 0) + octets);
    this.added = new Map();
    const rows = await this.database.transaction({ ...drainSettings, readOnly: true }, (tx) =>
      this.store.backlog(tx),
    );
    const endedAt = performance.now();
    this.measured = new Map(rows.map(({ project, octets }) => [project, octets]));
    this.addedBefore = new Map();
    this.freshUntil = endedAt + Math.max(FRESH_MS, SPARING * (endedAt - beganAt));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
