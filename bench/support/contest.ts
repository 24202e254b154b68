import type { Effort } from './effort.js';
import { median } from './statistics.js';

/** Operations in flight at once. */
export const IN_FLIGHT = 8;

export interface Rival {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Operations per second of each rival, in its order: medians of interleaved passes after a warm-up. */
export async function contest(rivals: readonly Rival[], { seconds, passes }: Effort): Promise<number[]> {
  for (const { run } of rivals) await pass(run, 0.5);
  const rates: number[][] = rivals.map(() => []);
  for (let number = 0; number < passes; number++) {
    for (const [index, { run }] of rivals.entries()) rates[index]!.push(await pass(run, seconds));
  }
  return rates.map(median);
}

async function pass(run: () => Promise<unknown>, seconds: number): Promise<number> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let done = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await run();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return done / ((performance.now() - begin) / 1000);
}
