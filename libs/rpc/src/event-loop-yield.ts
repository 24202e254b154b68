import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which calls, timers and sockets are served. */
const SLICE_MS = 10;

/** Divides a long computation, so that the event loop serves everything else of the process in between. */
export class EventLoopYield {
  private end = performance.now() + SLICE_MS;

  /** Asked between two pieces of the work. */
  get isDue(): boolean {
    return performance.now() >= this.end;
  }

  /** Returns true when the event loop was given free: what the work depends on may have changed. */
  async whenDue(): Promise<boolean> {
    if (!this.isDue) return false;
    await setImmediate();
    this.end = performance.now() + SLICE_MS;
    return true;
  }
}

/** Runs a computation that yields between its pieces. */
export async function runInPieces<T>(work: Generator<undefined, T>): Promise<T> {
  const pause = new EventLoopYield();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await pause.whenDue();
  }
}
