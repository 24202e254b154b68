import { Exception } from '../exception.js';

interface Waiting {
  admit(): void;
}

/** So many statements run at once, others wait in their order, and more than that are refused. */
export class Slots {
  private used = 0;
  private readonly queue: Waiting[] = [];

  constructor(
    private readonly size: number,
    private readonly maxQueued: number,
  ) {}

  get running(): number {
    return this.used;
  }

  get queued(): number {
    return this.queue.length;
  }

  /**
   * Runs the work in a slot. Rejects with TOO_MANY_SIMULTANEOUS_QUERIES when the queue is full, with
   * QUERY_WAS_CANCELLED when the signal aborts while it waits.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.used < this.size) {
      this.used += 1;
      return;
    }
    if (this.queue.length >= this.maxQueued) {
      const message = `Too many simultaneous queries. ${this.size} run and ${this.queue.length} wait.`;
      throw new Exception(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message);
    }
    await this.turn(signal);
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { admit: (): void => (signal.removeEventListener('abort', leave), resolve()) };
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(cancelled());
      };
      this.queue.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the slot to the next one: later work must not overtake it. */
  private leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.used -= 1;
    else next.admit();
  }
}

function cancelled(): Exception {
  return new Exception(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled.');
}
