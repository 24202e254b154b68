import type { Pool, PoolClient } from 'pg';
import { FairQueue } from './fair-queue.js';

/** What kind of work asks for a connection. Jobs also take turns with the calls of their organization. */
export type WorkKind = 'call' | 'job';

/** On whose behalf a connection is used. */
export interface Borrower {
  readonly kind: WorkKind;
  /** Undefined for look-ups that find out the organization; they take turns as one. */
  readonly orgId?: string;
}

/** As long as pg waits for a new connection. */
const PATIENCE_MS = 10_000;

/** Lends the connections of the pool. When all are in use, organizations take turns. */
export class Connections {
  private readonly queue: FairQueue;

  constructor(private readonly pool: Pool) {
    this.queue = new FairQueue(pool.options.max);
  }

  /** Connections that work and that rest, and how much work of each kind waits for one. */
  get usage(): { inUse: number; idle: number; waiting: Record<WorkKind, number> } {
    const { totalCount, idleCount } = this.pool;
    const waiting = (kind: WorkKind): number => this.queue.waiting((party) => party.startsWith(kind));
    return {
      inUse: totalCount - idleCount,
      idle: idleCount,
      waiting: { call: waiting('call'), job: waiting('job') },
    };
  }

  async borrow(borrower: Borrower, signal?: AbortSignal): Promise<LentConnection> {
    const party = `${borrower.kind} ${borrower.orgId ?? ''}`;
    await this.turnOf(party, signal);
    try {
      return new LentConnection(await this.pool.connect(), () => this.queue.release());
    } catch (error) {
      this.queue.release();
      throw error;
    }
  }

  private turnOf(party: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    // Free slots need no timer.
    if (this.queue.isFree) return this.queue.acquire(party, signal);
    const patience = new AbortController();
    const timer = setTimeout(
      () => patience.abort(new Error('timeout exceeded when trying to connect')),
      PATIENCE_MS,
    );
    const either = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
    return this.queue.acquire(party, either)?.finally(() => clearTimeout(timer));
  }
}

/** A connection, until it is given back. */
export class LentConnection {
  constructor(
    readonly client: PoolClient,
    private readonly onReturn: () => void,
  ) {
    client.on('error', ignoreLoss);
  }

  /** Once. */
  giveBack(): void {
    this.client.removeListener('error', ignoreLoss);
    this.client.release();
    this.onReturn();
  }
}

/**
 * The statement in flight fails when its connection is lost, and the pool takes no lost connection back. Without a listener
 * the event ends the process; the pool itself listens only while a connection rests.
 */
function ignoreLoss(): void {}
