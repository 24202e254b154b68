export function median(values: readonly number[]): number {
  return percentile([...values].sort(ascending), 0.5);
}

/** The smallest value that this share of all values does not exceed; the values are in ascending order. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

function ascending(a: number, b: number): number {
  return a - b;
}
