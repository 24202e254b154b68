/** Milliseconds. */
export interface Pace {
  /** From the beginning of one insert to the next, while events arrive: so many events make one block. */
  readonly between: number;
  /** Between two looks into an empty queue. */
  readonly idle: number;
  /** After trouble, the first time; each next one waits twice as long. */
  readonly trouble: number;
  readonly mostTrouble: number;
}

export interface Round {
  /** How long it took. */
  readonly tookMs: number;
  readonly batches: number;
  /** More is waiting than one round takes. */
  readonly isFull: boolean;
  /** How many rounds have ended in trouble, one after the other, this one included. */
  readonly troubles: number;
}

/** Milliseconds until the next round. */
export function pauseAfter({ tookMs, batches, isFull, troubles }: Round, pace: Pace): number {
  if (troubles > 0) return Math.min(pace.trouble * 2 ** (troubles - 1), pace.mostTrouble);
  if (isFull) return 0;
  return batches > 0 ? Math.max(0, pace.between - tookMs) : pace.idle;
}

export interface Outcome {
  /** The claim was too much for the store. */
  readonly shrink: boolean;
  /** Events were stored, and nothing went wrong. */
  readonly succeeded: boolean;
  readonly claimed: number;
  readonly allowed: number;
}

/**
 * How many events the next claim takes: half of what was too much, and after each success twice as many again. A round in
 * which the store was away says nothing: the store may still be down because of the claim before.
 */
export function nextBlockEvents({ shrink, succeeded, claimed, allowed }: Outcome, most: number): number {
  if (shrink) return Math.max(1, Math.floor(Math.min(claimed, allowed) / 2));
  return succeeded ? Math.min(most, allowed * 2) : allowed;
}
