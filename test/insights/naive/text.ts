/** Order of the bytes of UTF-8, which is not the order of JavaScript's strings. */
export function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

export function compareTexts(left: readonly string[], right: readonly string[]): number {
  for (const [position, text] of left.entries()) {
    const order = compareText(text, right[position] ?? '');
    if (order !== 0) {
      return order;
    }
  }
  return 0;
}

/** A number, or a text that spells a plain decimal with an optional exponent. */
export function spelledNumber(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    return undefined;
  }
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return groups;
}
