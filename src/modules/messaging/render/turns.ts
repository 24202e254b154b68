import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which other calls get their turn. */
const TURN_MS = 10;

/** Lets long computations take turns with everything else that the process does. */
export class Turns {
  private end = performance.now() + TURN_MS;

  /** Called between two pieces of work; returns true when it has yielded to the event loop. */
  async take(): Promise<boolean> {
    if (performance.now() < this.end) return false;
    await setImmediate();
    this.end = performance.now() + TURN_MS;
    return true;
  }
}
