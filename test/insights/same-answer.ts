/** Whether two answers are the same: numbers that divisions have rounded may differ by a billionth. */
export function isSameAnswer(left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') {
    return left === right || Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return left === right;
  }
  const [ofLeft, ofRight] = [membersOf(left), membersOf(right)];
  return (
    Array.isArray(left) === Array.isArray(right) &&
    ofLeft.size === ofRight.size &&
    [...ofLeft].every(([name, value]) => ofRight.has(name) && isSameAnswer(value, ofRight.get(name)))
  );
}

/** What is undefined counts as absent. */
function membersOf(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}
