import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { database, rowsOf } from '../support/engine.js';
import { FIRST_KIND, numberOfId } from './shape.js';

const LOOK_MS = 25;
/** Between two looks when only the last batch matters. */
const GLANCE_MS = 200;
const PATIENCE_MS = 120_000;

/** By the number of the batch: when a query found it, in milliseconds of the epoch. */
export type Sightings = ReadonlyMap<number, number>;

/**
 * Looks which batches a query finds: by their first events, which lie next to each other in the engine, so that looking
 * costs little.
 */
export class Lookout {
  private readonly seen = new Map<number, number>();
  private stopped = false;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly project: number,
    private readonly mark: string,
  ) {}

  /** Looks until `stop`. */
  async watch(): Promise<void> {
    while (!this.stopped) {
      await this.look();
      await delay(LOOK_MS);
    }
  }

  /** Resolves when so many batches are found; looking often if their times matter. */
  async find(batches: number, { often }: { readonly often: boolean }): Promise<Sightings> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.seen.size < batches) {
      if (performance.now() > deadline)
        throw new Error(`Of ${batches} batches a query finds ${this.seen.size}.`);
      await delay(often ? LOOK_MS : GLANCE_MS);
      await this.look();
    }
    return this.seen;
  }

  stop(): void {
    this.stopped = true;
  }

  private async look(): Promise<void> {
    const rows = await rowsOf<{ id: string }>(
      this.client,
      `SELECT event_id AS id FROM ${database}.events
       WHERE project = ${this.project} AND kind = '${FIRST_KIND}' AND startsWith(event_id, '${this.mark}')`,
    );
    const now = performance.timeOrigin + performance.now();
    for (const { id } of rows) {
      const number = numberOfId(id);
      if (!this.seen.has(number)) this.seen.set(number, now);
    }
  }
}
