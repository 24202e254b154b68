/** Milliseconds of work after which calls, timers and sockets are served. */
const SLICE_MS = 3;

/** Long computations that wait for a slice, in their order. */
const waiting: (() => void)[] = [];

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
    await nextSlice();
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

/** However many long computations there are, each turn of the event loop has time for a slice of one of them. */
function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(grantSlice);
  });
}

function grantSlice(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(grantSlice);
}
