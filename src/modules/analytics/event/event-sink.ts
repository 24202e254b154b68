import { Injectable } from '@nestjs/common';
import { AnalyticsStore, events } from '../../../platform/analytics-store/index.js';
import type { BatchTarget } from './batch-body.js';
import { engineTime } from './event-row.rules.js';

/** A row of no project, which the engine deletes at its next merge. */
const probeColumns = ['project', 'kind', 'occur_time', 'received_at', 'expires_on'];

/** Where the drain puts events and touches: the analytics store. */
@Injectable()
export class EventSink {
  constructor(private readonly store: AnalyticsStore) {}

  /**
   * Inserts rows of JSONCompactEachRow. Resolves when they are stored. Rejects with an AppError before the engine was
   * reached, and then with what the engine or the connection said; see `insertFailure`.
   */
  async insert({ table, columns }: BatchTarget, rows: string, signal: AbortSignal): Promise<void> {
    await this.store.insertLines(table, columns, rows, { signal });
  }

  /** Whether a row that is right is inserted: if not, no batch is at fault. */
  async takesInserts(): Promise<boolean> {
    const now = engineTime(Date.now());
    const row = [0, 'probe', now, now, '1970-01-02'];
    try {
      await this.store.insertLines(events, probeColumns, JSON.stringify(row));
      return true;
    } catch {
      return false;
    }
  }
}
