/** Waits for a slot. */
interface Waiter {
  readonly since: number;
  grant(): void;
}

export interface FairQueueOptions {
  readonly slots: number;
  /** How many slots a party may hold at this moment before others are asked first. */
  readonly shareOf?: (party: string) => number;
  /**
   * Milliseconds after which a waiter gets a free slot although its party holds its share: what the party holds may itself
   * wait for this slot. Infinity: a share is never exceeded.
   */
  readonly patienceMs?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

const PATIENCE_AT_SHARE_MS = 1_000;

/**
 * A number of slots, shared by parties. A party below its share gets a free slot at once. When slots are scarce, the
 * waiting parties take turns, and each party's own waiters go in their order. So a party that asks a hundred times at
 * once delays another one by the time of one slot, and a party that holds a slot still gets its turn for a second one.
 */
export class FairQueue {
  private readonly slots: number;
  private readonly shareOf: (party: string) => number;
  private readonly patienceMs: number;
  private readonly now: () => number;
  private free: number;
  private readonly held = new Map<string, number>();
  /** Parties that wait, in the order of their turns. */
  private readonly waiters = new Map<string, Set<Waiter>>();
  private timer: NodeJS.Timeout | undefined;

  constructor({
    slots,
    shareOf = () => slots,
    patienceMs = PATIENCE_AT_SHARE_MS,
    now = () => performance.now(),
  }: FairQueueOptions) {
    this.slots = slots;
    this.shareOf = shareOf;
    this.patienceMs = patienceMs;
    this.now = now;
    this.free = slots;
  }

  /** How many wait, of the parties that the condition holds for. */
  waiting(condition: (party: string) => boolean = () => true): number {
    let sum = 0;
    for (const [party, { size }] of this.waiters) if (condition(party)) sum += size;
    return sum;
  }

  /** Takes a slot if there is one for the party now; it is given back with `release`. */
  tryAcquire(party: string): boolean {
    if (this.free === 0 || this.waiters.has(party) || !this.isBelowShare(party)) return false;
    this.take(party);
    return true;
  }

  /** Resolves when the party has a slot. Rejects with the reason of the signal. */
  async acquire(party: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.tryAcquire(party)) return;
    const granted = this.wait(party, signal);
    this.arm();
    return granted;
  }

  /** Hands a slot of the party on to the party whose turn it is. */
  release(party: string): void {
    const held = this.held.get(party);
    if (held === undefined) throw new Error('A slot was released twice.');
    if (held === 1) this.held.delete(party);
    else this.held.set(party, held - 1);
    this.free += 1;
    this.dispatch();
  }

  private dispatch(): void {
    for (const [party, line] of this.waiters) {
      if (this.free === 0) return;
      const [waiter] = line;
      if (waiter && (this.isBelowShare(party) || this.isOverdue(waiter))) this.grant(party, line, waiter);
    }
    this.arm();
  }

  private grant(party: string, line: Set<Waiter>, waiter: Waiter): void {
    // Behind the others, for its next turn; a Map visits what is added while it is walked through.
    this.waiters.delete(party);
    line.delete(waiter);
    if (line.size > 0) this.waiters.set(party, line);
    this.take(party);
    waiter.grant();
  }

  private take(party: string): void {
    this.free -= 1;
    this.held.set(party, (this.held.get(party) ?? 0) + 1);
  }

  private isBelowShare(party: string): boolean {
    return (this.held.get(party) ?? 0) < this.shareOf(party);
  }

  private isOverdue({ since }: Waiter): boolean {
    return this.now() - since >= this.patienceMs;
  }

  /** Looks again later when a slot stays free while a party waits: no release need come. */
  private arm(): void {
    if (this.timer || this.free === 0 || this.waiters.size === 0 || this.patienceMs === Infinity) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.dispatch();
    }, this.patienceMs).unref();
  }

  private wait(party: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        since: this.now(),
        grant: () => {
          signal?.removeEventListener('abort', abandon);
          resolve();
        },
      };
      const abandon = (): void => {
        this.remove(party, waiter);
        // The reason is an error by the convention of AbortSignal.
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abandon, { once: true });
      const line = this.waiters.get(party);
      if (line) line.add(waiter);
      else this.waiters.set(party, new Set([waiter]));
    });
  }

  private remove(party: string, waiter: Waiter): void {
    const line = this.waiters.get(party);
    line?.delete(waiter);
    if (line?.size === 0) this.waiters.delete(party);
  }
}
