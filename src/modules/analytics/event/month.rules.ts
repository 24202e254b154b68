const FIRST_YEAR = 1900;

/** Months since January 1900 of a time that begins with `YYYY-MM`. */
export function monthOf(time: string): number {
  return (Number(time.slice(0, 4)) - FIRST_YEAR) * 12 + Number(time.slice(5, 7)) - 1;
}
