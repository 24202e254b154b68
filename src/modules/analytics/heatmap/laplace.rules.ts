/**
 * The discrete Laplace distribution, P(n) ∝ e^(-|n| · numerator / denominator) on whole numbers, sampled exactly: bits are
 * compared with the distribution function in integers of any size. Sampling by logarithms of floating-point numbers is what
 * this avoids: the numbers that it can reach betray the count (Mironov, 2012).
 */
export interface LaplaceTable {
  /** P(magnitude > n) in 2^-31, rounded down, for n = 0, 1, …; falls to 0. */
  readonly heads: Uint32Array;
  /** For each value of the leading bits of a number: how many heads are above every number with them. */
  readonly guide: Uint32Array;
  /** P(magnitude > 0) and the factor from one n to the next, in 2^-PRECISION. */
  readonly first: bigint;
  readonly factor: bigint;
  readonly variance: number;
}

/** Gives 96 further random bits of the same draw. Asked about once in a million draws. */
export type FurtherBits = () => bigint;

/** Bits of the fixed-point numbers; the last ones are lost to rounding. */
const PRECISION = 224n;
const ONE = 1n << PRECISION;
const HEAD_BITS = 31n;
const FURTHER_BITS = 96n;
const DRAWN_BITS = HEAD_BITS + FURTHER_BITS;
const GUIDE_BITS = 11;
const GUIDE_SHIFT = Number(HEAD_BITS) - GUIDE_BITS;

/** For a fraction between 0 and 1. */
export function laplaceTable(fraction: {
  readonly numerator: number;
  readonly denominator: number;
}): LaplaceTable {
  const factor = exponential(fraction);
  const first = ((2n * factor) << PRECISION) / (ONE + factor);
  const heads: number[] = [];
  for (let above = first; above >> (PRECISION - HEAD_BITS) > 0n; above = (above * factor) >> PRECISION)
    heads.push(Number(above >> (PRECISION - HEAD_BITS)));
  heads.push(0);
  const p = Math.exp(-fraction.numerator / fraction.denominator);
  return {
    heads: Uint32Array.from(heads),
    guide: guideOf(heads),
    first,
    factor,
    variance: (2 * p) / (1 - p) ** 2,
  };
}

/** A sample from 32 random bits: the last one is the sign, the others begin a number between 0 and 1. */
export function sampleLaplace(table: LaplaceTable, word: number, further: FurtherBits): number {
  const magnitude = magnitudeOf(table, word >>> 1, further);
  return (word & 1) === 0 ? magnitude : -magnitude;
}

/** How many n have P(magnitude > n) above the number. */
function magnitudeOf(table: LaplaceTable, head: number, further: FurtherBits): number {
  const { heads, guide } = table;
  const lead = head >>> GUIDE_SHIFT;
  // Those above every number with these leading bits are certain; those above none with larger ones are not looked at.
  let low = guide[lead] ?? 0;
  let high = lead === 0 ? heads.length - 1 : (guide[lead - 1] ?? 0);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((heads[middle] ?? 0) > head) low = middle + 1;
    else high = middle;
  }
  return heads[low] === head ? settled(table, head, low, further()) : low;
}

/** The number and a probability agree in their first 31 bits: more of them decide. */
function settled({ first, factor }: LaplaceTable, head: number, from: number, more: bigint): number {
  const drawn = (BigInt(head) << FURTHER_BITS) | more;
  let above = first;
  for (let n = 0; n < from; n += 1) above = (above * factor) >> PRECISION;
  let n = from;
  for (; above >> (PRECISION - DRAWN_BITS) > drawn; n += 1) above = (above * factor) >> PRECISION;
  return n;
}

/** Heads fall: those that are above the largest number with given leading bits come first. */
function guideOf(heads: readonly number[]): Uint32Array {
  const guide = new Uint32Array(1 << GUIDE_BITS);
  let certain = 0;
  for (let lead = guide.length - 1; lead >= 0; lead -= 1) {
    const largest = (lead + 1) * 2 ** GUIDE_SHIFT - 1;
    while ((heads[certain] ?? 0) > largest) certain += 1;
    guide[lead] = certain;
  }
  return guide;
}

/** e^-(numerator/denominator) as a fixed-point number, by its series. */
function exponential({ numerator, denominator }: { numerator: number; denominator: number }): bigint {
  if (!(numerator > 0 && numerator < denominator))
    throw new RangeError('The exponent of the noise lies between 0 and 1.');
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  let term = ONE;
  let sum = ONE;
  for (let k = 1n; term !== 0n; k += 1n) {
    term = -(term * n) / (d * k);
    sum += term;
  }
  return sum;
}
