/** What is expected to go on. */
export interface Watched {
  /** Rounds since it last did; set to zero whenever it does. */
  quiet: number;
  onStall(): void;
}

/** Rounds in the time after which something has stalled. */
const ROUNDS = 8;

/**
 * Notices who is quiet for too long, up to an eighth of the time later than that. One timer for all: a timer for
 * each would cost more than reading most request bodies does.
 */
export class StallWatch {
  readonly #watched = new Set<Watched>();
  readonly #roundMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(idleMs: number) {
    this.#roundMs = idleMs / ROUNDS;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#round(), this.#roundMs).unref();
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  #round(): void {
    for (const watched of this.#watched) {
      // The first round comes early for those who joined since the last one.
      if (++watched.quiet > ROUNDS) watched.onStall();
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const watches = new Map<number, StallWatch>();

/** The one for this time, which all servers of the process share. */
export function stallWatch(idleMs: number): StallWatch {
  const watch = watches.get(idleMs) ?? new StallWatch(idleMs);
  watches.set(idleMs, watch);
  return watch;
}
