/** People in the first batch: as many as in a message, for a client that reads no other. */
const FIRST = 100;
const GROWTH = 10;
const MOST = 10_000;
/** How old a batch may be: a change shows within seconds. */
const FRESH_MS = 5_000;

/** People of a list who were read at once, and are sent one message after the other. */
export interface Batch<Row> {
  /** How many were asked for. */
  readonly size: number;
  /** Those who are still to be sent. */
  readonly rows: readonly Row[];
  /** Whether the list does not end with them. */
  readonly hasMore: boolean;
  /** Milliseconds of the epoch. */
  readonly readAt: number;
}

/**
 * How many people are read next; undefined: some of the batch are still to be sent. It grows, because reading ten thousand
 * costs little more than reading a hundred; for a client that is slow it begins small again.
 */
export function sizeOfNext(batch: Batch<unknown> | undefined, now: number): number | undefined {
  if (!batch || now - batch.readAt > FRESH_MS) return FIRST;
  return batch.rows.length > 0 ? undefined : Math.min(batch.size * GROWTH, MOST);
}

/** The lists, in groups whose lists have at most so many members together; a longer one stands alone. */
export function grouped<Member>(lists: readonly (readonly Member[])[], most: number): Member[][] {
  const groups: Member[][] = [];
  for (const list of lists) {
    const group = groups.at(-1);
    if (group && group.length + list.length <= most) group.push(...list);
    else groups.push([...list]);
  }
  return groups;
}

/** The newest of the people; of one time the highest id first, as the analytics store compares them: by their bytes. */
export function newestOf<Row extends { readonly at: number; readonly id: string }>(
  people: readonly Row[],
  most: number,
): Row[] {
  const byBytes = (one: Row, other: Row): number =>
    Buffer.compare(Buffer.from(other.id), Buffer.from(one.id));
  return [...people].sort((one, other) => other.at - one.at || byBytes(one, other)).slice(0, most);
}
