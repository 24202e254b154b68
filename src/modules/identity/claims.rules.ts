const MOST_VALUES = 1000;

/** Claims as attributes: every value as text, lists as several values; what is nested is left out. */
export function attributesOf(claims: Readonly<Record<string, unknown>>): Record<string, string[]> {
  const attributes = Object.entries(claims).map(([name, value]): [string, string[]] => {
    const values = Array.isArray(value) ? (value as unknown[]).slice(0, MOST_VALUES) : [value];
    return [storable(name), values.flatMap(textOf)];
  });
  return Object.fromEntries(attributes.filter(([, values]) => values.length > 0));
}

/** Without what JSON can say and a database cannot keep: NUL, and halves of characters. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

function textOf(value: unknown): string[] {
  switch (typeof value) {
    case 'string':
      return [storable(value)];
    case 'number':
    case 'boolean':
      return [String(value)];
    default:
      return [];
  }
}
