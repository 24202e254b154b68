/** A message of the wire carries about so many characters: far below what its receivers accept. */
const ENOUGH = 512 * 1024;

/** The items in their order, as many together as go well into one message; one that is too long goes alone. */
export function* batchesBySize<T>(items: readonly T[], lengthOfItem: (item: T) => number): Generator<T[]> {
  let batch: T[] = [];
  let length = 0;
  for (const item of items) {
    const added = lengthOfItem(item);
    if (batch.length > 0 && (length + added > ENOUGH || batch.length === MOST)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(item);
    length += added;
  }
  if (batch.length > 0) yield batch;
}

/** Items of a message, as its rules have it. */
const MOST = 1_000;

/** Characters of all texts in a value, however deep. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + key.length + lengthOf(inner), 0);
}
