import type { Pool, PoolClient } from 'pg';
import { FairQueue } from '../fair-queue/fair-queue.js';
import { Neighbours } from './neighbours.js';

/** What kind of work asks for a connection. Jobs also take turns with the calls of their organization. */
export type WorkKind = 'call' | 'job';

/** On whose behalf a connection is used. */
export interface Borrower {
  readonly kind: WorkKind;
  /** Undefined for look-ups that find out the organization; they take turns as one. */
  readonly orgId?: string;
  /** The same work holds a connection already, and waits for this one. */
  readonly isSecond?: boolean;
}

/** As long as pg waits for a new connection. */
const PATIENCE_MS = 10_000;

/**
 * Lends the connections of the pool. One is kept for work that holds one already: if that could hold all of them, each
 * would wait for a second one of another that waits, too. When all others are in use, organizations take turns. While several organizations are
 * active, each may use a share: what one of them makes the database and the event loop do at the same time delays the
 * others even while connections are free.
 */
export class Connections {
  private readonly queue: FairQueue;
  /** For second connections. */
  private readonly reserve: FairQueue;
  private readonly neighbours = new Neighbours();

  constructor(private readonly pool: Pool) {
    const kept = pool.options.max > 1 ? 1 : 0;
    this.reserve = new FairQueue({ slots: kept });
    const slots = pool.options.max - kept;
    const share = shareOf(pool.options.max);
    this.queue = new FairQueue({
      slots,
      shareOf: (party) => {
        const orgId = orgIdOf(party);
        // Look-ups are short, and on behalf of callers that are not known yet.
        return orgId !== '' && this.neighbours.has(orgId) ? share : slots;
      },
    });
  }

  /** Connections that work and that rest, and how much work of each kind waits for one. */
  get usage(): { inUse: number; idle: number; waiting: Record<WorkKind, number> } {
    const { totalCount, idleCount } = this.pool;
    const waiting = (kind: WorkKind): number =>
      [this.queue, this.reserve].reduce(
        (sum, queue) => sum + queue.waiting((party) => party.startsWith(kind)),
        0,
      );
    return {
      inUse: totalCount - idleCount,
      idle: idleCount,
      waiting: { call: waiting('call'), job: waiting('job') },
    };
  }

  async borrow(borrower: Borrower, signal?: AbortSignal): Promise<LentConnection> {
    const party = partyOf(borrower);
    if (borrower.orgId !== undefined) this.neighbours.note(borrower.orgId);
    const queue = await this.turn(borrower, party, signal);
    try {
      return await this.connect(() => queue.release(party));
    } catch (error) {
      queue.release(party);
      throw error;
    }
  }

  /** Answers the queue of which the borrower has a slot. */
  private async turn(
    { isSecond }: Borrower,
    party: string,
    signal: AbortSignal | undefined,
  ): Promise<FairQueue> {
    // A free slot needs no timer.
    if (this.queue.tryAcquire(party)) return this.queue;
    const queue = isSecond && this.pool.options.max > 1 ? this.reserve : this.queue;
    if (!queue.tryAcquire(party)) await this.wait(queue, party, signal);
    return queue;
  }

  /** By callback: a new connection may be lost in the moment in which it is ready, before a promise has told its borrower. */
  private connect(onReturn: () => void): Promise<LentConnection> {
    return new Promise((resolve, reject) => {
      this.pool.connect((error, client) => {
        if (client) resolve(new LentConnection(client, onReturn));
        else reject(error ?? new Error('The pool lent no connection.'));
      });
    });
  }

  private async wait(queue: FairQueue, party: string, signal: AbortSignal | undefined): Promise<void> {
    const patience = new AbortController();
    const timer = setTimeout(
      () => patience.abort(new Error('timeout exceeded when trying to connect')),
      PATIENCE_MS,
    );
    const either = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
    await queue.acquire(party, either).finally(() => clearTimeout(timer));
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

/** A quarter of the pool, and two for a call that needs a second connection while it holds one. */
function shareOf(slots: number): number {
  return Math.max(2, Math.floor(slots / 4));
}

function partyOf({ kind, orgId }: Borrower): string {
  return `${kind} ${orgId ?? ''}`;
}

function orgIdOf(party: string): string {
  return party.slice(party.indexOf(' ') + 1);
}
