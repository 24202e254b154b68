import type { Clock } from '../../src/platform/clock/clock.js';

/** From now on, or from `at`, the clock moves by `travel` only: however slow a spec is, no bucket fills and no day ends. */
export function stopClock(clock: Clock, at = clock.now().getTime()): void {
  const stoppedAt = at - clock.travelled;
  clock.now = () => new Date(stoppedAt + clock.travelled);
}
