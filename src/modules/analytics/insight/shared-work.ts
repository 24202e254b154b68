import { canJoin, cancelledCall } from './turns.rules.js';

interface Entry {
  readonly answer: Promise<unknown>;
  readonly controller: AbortController;
  /** Callers that wait for the answer. */
  callers: number;
  /** Milliseconds; undefined: it waits for its turn. */
  startedAt?: number;
}

/** What `start` runs: it ends with `signal`, and says when it starts. */
export type Shareable<T> = (signal: AbortSignal, started: () => void) => Promise<T>;

/** Does equal work once for all callers who ask for it at once. It ends when its last caller has left. */
export class SharedWork {
  private readonly entries = new Map<string, Entry>();

  /** Equal keys mean equal work, with answers of one type. Throws CANCELLED when `signal` ends the call. */
  async join<T>(
    key: string,
    { signal, now }: { readonly signal?: AbortSignal; readonly now: () => number },
    work: Shareable<T>,
  ): Promise<T> {
    if (signal?.aborted) throw cancelledCall();
    const known = this.entries.get(key);
    const entry = known && canJoin(known.startedAt, now()) ? known : this.begin(key, now, work);
    entry.callers += 1;
    try {
      // The key says what the work is, and so the type of its answer.
      return (await unlessAborted(entry.answer, signal)) as T;
    } finally {
      entry.callers -= 1;
      if (entry.callers === 0) {
        this.forget(key, entry);
        entry.controller.abort();
      }
    }
  }

  private begin<T>(key: string, now: () => number, work: Shareable<T>): Entry {
    const controller = new AbortController();
    const started = () => {
      entry.startedAt = now();
    };
    // Behind a tick: the entry is there when the work starts.
    const answer = Promise.resolve().then(() => work(controller.signal, started));
    const entry: Entry = { answer, controller, callers: 0 };
    this.entries.set(key, entry);
    const forget = () => this.forget(key, entry);
    // Also when each caller has left before it fails.
    answer.then(forget, forget);
    return entry;
  }

  private forget(key: string, entry: Entry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}

function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(cancelledCall());
    signal.addEventListener('abort', leave, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
