const NANOSECONDS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5 micro sign
  μs: 1_000n, // U+03BC Greek mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const TERM = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const LONGEST = 50;

/** Milliseconds of a Go duration ("72h", "1h30m", "1.5h") without a sign; undefined for other text. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text === '' || text.length > LONGEST) return undefined;
  let total = 0n;
  for (TERM.lastIndex = 0; TERM.lastIndex < text.length;) {
    const [, whole = '', fraction = '', unit = ''] = TERM.exec(text) ?? [];
    const scale = NANOSECONDS[unit];
    if (scale === undefined || whole + fraction === '') return undefined;
    // Integers throughout: 0.1 + 0.2 must not decide a deadline.
    total += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return Number(total) / 1e6;
}
