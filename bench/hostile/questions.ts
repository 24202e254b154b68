/** What a request took. */
export interface Spent {
  /** Processor time of the whole process. */
  readonly cpuMs: number;
  /** Longest time in which the event loop did not turn. */
  readonly pauseMs: number;
  /** The same in processor time of the thread that turns it. */
  readonly busyPauseMs: number;
}

/** After forced collections. */
export interface Held {
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** What the probe in a server is asked, and what it answers. */
export interface Answers {
  begin: void;
  end: Spent;
  held: Held;
  left: { readonly streams: number; readonly sockets: number };
}

export type Question = keyof Answers;
