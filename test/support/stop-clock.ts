import { Clock } from '../../src/platform/clock/clock.js';
import type { TestServer } from './test-server.js';

/** From now on the clock of the server moves by `travel` only: however slow the calls of a spec are, no bucket fills. */
export function stopClock({ server: { app } }: TestServer): void {
  const clock = app.get(Clock, { strict: false });
  const stoppedAt = clock.now().getTime() - clock.travelled;
  clock.now = () => new Date(stoppedAt + clock.travelled);
}
