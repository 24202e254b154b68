/** Positions of an audience: from the first on, up to the second and without it; null is the end of the audience. */
export type Span = readonly [from: number, to: number | null];

/** The first positions from `from` on that no span of `done` holds; `done` is in order and has no overlaps. */
export function nextGap(done: readonly Span[], from: number): Span | undefined {
  let begin = from;
  for (const [start, end] of done) {
    if (start > begin) return [begin, start];
    if (end === null) return undefined;
    begin = Math.max(begin, end);
  }
  return [begin, null];
}

/** What the step is done with is the whole audience, from its first position to its end. */
export function isComplete(done: readonly Span[]): boolean {
  return nextGap(done, 0) === undefined;
}
