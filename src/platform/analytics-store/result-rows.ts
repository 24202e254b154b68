export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}

/** A row as an object. */
export function readRow<Row>(columns: readonly ResultColumn[], values: readonly unknown[]): Row {
  const entries = columns.map(({ name, type }, index) => {
    const value = values[index];
    if (holdsLargeIntegers(type)) refuseInexact(name, value);
    return [name, value] as const;
  });
  // The query that is declared with this type selects these columns.
  return Object.fromEntries(entries) as Row;
}

function holdsLargeIntegers(type: string): boolean {
  return /Int(64|128|256)/.test(type);
}

/** JSON.parse rounds integers that a number cannot hold, and says nothing. */
function refuseInexact(column: string, value: unknown): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw new RangeError(`Column ${column} holds a number above 2^53: select it with toString.`);
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) refuseInexact(column, member);
  }
}
