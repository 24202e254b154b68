/** Waits for a slot. */
interface Waiter {
  grant(): void;
}

/**
 * A number of slots, shared by parties. While a slot is free, any party gets it. When all are taken, the waiting parties
 * take turns, and each party's own waiters go in their order. So a party that asks a hundred times at once delays
 * another one by the time of one slot, and a party that holds a slot still gets its turn for a second one.
 */
export class FairQueue {
  private free: number;
  /** Parties that wait, in the order of their turns. */
  private readonly waiters = new Map<string, Set<Waiter>>();

  constructor(private readonly slots: number) {
    this.free = slots;
  }

  get isFree(): boolean {
    return this.free > 0;
  }

  /** How many wait, of the parties that the condition holds for. */
  waiting(condition: (party: string) => boolean = () => true): number {
    let sum = 0;
    for (const [party, { size }] of this.waiters) if (condition(party)) sum += size;
    return sum;
  }

  /**
   * Resolves when the party has a slot, which it gives back with `release`; undefined when it has one at once. Rejects with
   * the reason of the signal.
   */
  acquire(party: string, signal?: AbortSignal): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.free > 0) {
      this.free -= 1;
      return undefined;
    }
    return this.wait(party, signal);
  }

  /** Hands a slot on to the party whose turn it is. */
  release(): void {
    const [next] = this.waiters;
    if (next) return this.grant(...next);
    if (this.free === this.slots) throw new Error('A slot was released twice.');
    this.free += 1;
  }

  private grant(party: string, line: Set<Waiter>): void {
    // Behind the others, for its next turn.
    this.waiters.delete(party);
    const [waiter] = line;
    if (!waiter) throw new Error('A party without waiters.');
    line.delete(waiter);
    if (line.size > 0) this.waiters.set(party, line);
    waiter.grant();
  }

  private wait(party: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
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
