/** A decimal number with an optional exponent and nothing around it: no spaces, `0x`, `_`, `Infinity` or `NaN`. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The finite number that the whole text spells in decimal notation, or undefined. */
export function numericReading(text: string): number | undefined {
  if (!canBegin(text.charCodeAt(0)) || !decimal.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Most texts are no numbers, and their first character says so: a digit, a sign or a point. */
function canBegin(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 45 || code === 46 || code === 43;
}
