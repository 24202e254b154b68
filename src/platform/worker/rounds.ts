import { setTimeout as delay } from 'node:timers/promises';

/** Rounds of continuous work, one after the other, with the rest in between that each one asks for. */
export class Rounds {
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  /** `round` returns how long to rest afterwards, in milliseconds, and does not throw. */
  constructor(private readonly round: () => Promise<number>) {}

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the round at hand is over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) await delay(await this.round(), undefined, { signal }).catch(() => undefined);
  }
}
