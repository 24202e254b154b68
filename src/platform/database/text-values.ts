type Parser = (text: string) => unknown;

const TIMESTAMPTZ = 1184;
const SMALLINT_ARRAY = 1005;
const INTEGER_ARRAY = 1007;
const TEXT = 25;
const VARCHAR = 1043;
const UUID = 2950;

const asItIs: Parser = (text) => text;

/** A faster parser for the types that our rows have most; `usual` is pg's own, and takes what is unusual. */
export function fastParserOf(type: number, usual: Parser): Parser {
  switch (type) {
    case TIMESTAMPTZ:
      return (text) => utcTime(text) ?? usual(text);
    case SMALLINT_ARRAY:
    case INTEGER_ARRAY:
      return (text) => integers(text) ?? usual(text);
    case TEXT:
    case VARCHAR:
    case UUID:
      return asItIs;
    default:
      return usual;
  }
}

/** `2026-11-30 00:12:45.123456+00`, to the millisecond; undefined for any other form, infinity and years BC among them. */
export function utcTime(text: string): Date | undefined {
  const end = text.length - 3;
  if (end < 19 || !text.endsWith('+00') || text[4] !== '-' || text[10] !== ' ') return undefined;
  const milliseconds =
    end === 19 ? 0 : digits(text, 20, Math.min(end, 23)) * (POWERS_OF_TEN[Math.max(23 - end, 0)] ?? 0);
  const year = digits(text, 0, 4);
  const time = Date.UTC(
    year,
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
    milliseconds,
  );
  // Date.UTC takes the years 0 to 99 for those of the last century.
  return year < 100 || Number.isNaN(time) ? undefined : new Date(time);
}

const POWERS_OF_TEN = [1, 10, 100];
const ZERO = 48;

function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let index = from; index < to; index += 1) number = number * 10 + text.charCodeAt(index) - ZERO;
  return number;
}

/** `{1,2,-3}`; undefined when it holds null or arrays. */
export function integers(text: string): number[] | undefined {
  if (text === '{}') return [];
  const numbers = text.slice(1, -1).split(',').map(Number);
  return numbers.some(Number.isNaN) ? undefined : numbers;
}
