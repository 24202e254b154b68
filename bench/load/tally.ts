import { percentile } from '../support/statistics.js';
import type { PassResult } from './shape.js';

/** Counts the calls of one pass. */
export class Tally {
  #failures = 0;
  readonly #latencies: number[] = [];
  readonly #started = performance.now();
  readonly #cpu = process.cpuUsage();

  constructor(readonly seconds: number) {}

  /** Whether another call may begin. */
  get open(): boolean {
    return performance.now() - this.#started < this.seconds * 1000;
  }

  count(startedAt: number, correct: boolean): void {
    this.#latencies.push(performance.now() - startedAt);
    if (!correct) this.#failures++;
  }

  result(): PassResult {
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (performance.now() - this.#started) / 1000;
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      calls: sorted.length,
      failures: this.#failures,
      seconds,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      generatorCpuMicros: user + system,
    };
  }
}
