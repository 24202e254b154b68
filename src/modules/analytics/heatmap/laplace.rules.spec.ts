import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type LaplaceTable, laplaceTable, sampleLaplace } from './laplace.rules.js';

const never = (): bigint => {
  throw new Error('No further bits are needed.');
};

/** Random words, the same in every run. */
function words(seed: number, count: number): Uint32Array {
  const key = Buffer.alloc(32, seed);
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count * 4));
  return new Uint32Array(stream.buffer, stream.byteOffset, count);
}

function samples(table: LaplaceTable, seed: number, count: number): number[] {
  return Array.from(words(seed, count), (word) => sampleLaplace(table, word, () => 0n));
}

/** P(n), in floating point. */
function probability(n: number, exponent: number): number {
  const p = Math.exp(-exponent);
  return ((1 - p) / (1 + p)) * p ** Math.abs(n);
}

const fractions: [numerator: number, denominator: number][] = [
  [9, 10],
  [1, 4],
  [1, 40],
  // Epsilon 0.5 with the smallest share.
  [500, 320_000],
];

describe.each(fractions)('with the exponent %d/%d', (numerator, denominator) => {
  const exponent = numerator / denominator;
  const table = laplaceTable({ numerator, denominator });
  const drawn = samples(table, 7, 400_000);

  test('samples have the mean and the variance of the distribution', () => {
    const mean = drawn.reduce((sum, n) => sum + n, 0) / drawn.length;
    const variance = drawn.reduce((sum, n) => sum + n * n, 0) / drawn.length;
    const p = Math.exp(-exponent);
    expect(table.variance).toBeCloseTo((2 * p) / (1 - p) ** 2, 6);
    // Five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(table.variance / drawn.length));
    expect(Math.abs(variance / table.variance - 1)).toBeLessThan(5 * Math.sqrt(5 / drawn.length) + 0.001);
  });

  test('samples are as frequent as the distribution says (chi-square)', () => {
    const width = Math.max(1, Math.round(0.25 / exponent));
    const most = 12 * width;
    const binOf = (n: number): number => Math.floor(Math.max(-most, Math.min(most, n)) / width);
    const [seen, expected] = [new Map<number, number>(), new Map<number, number>()];
    for (const n of drawn) seen.set(binOf(n), (seen.get(binOf(n)) ?? 0) + 1);
    for (let n = -Math.ceil(60 / exponent); n <= Math.ceil(60 / exponent); n += 1)
      expected.set(binOf(n), (expected.get(binOf(n)) ?? 0) + probability(n, exponent) * drawn.length);
    const chi = [...expected].reduce((sum, [bin, of]) => sum + ((seen.get(bin) ?? 0) - of) ** 2 / of, 0);
    const freedom = expected.size - 1;
    // 5 standard deviations above what is to be expected.
    expect(chi).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });
});

describe('a sample', () => {
  const table = laplaceTable({ numerator: 1, denominator: 4 });

  test('rises as its number falls, by one where the distribution function says', () => {
    for (const [n, head] of [...table.heads].filter((each) => each > 100).entries()) {
      expect(sampleLaplace(table, head * 2 + 2, never)).toBe(n);
      expect(sampleLaplace(table, head * 2 - 2, never)).toBeGreaterThanOrEqual(n + 1);
    }
  });

  test('has its sign from the last bit', () => {
    const word = ((table.heads[4] ?? 0) + 1) * 2;
    expect([sampleLaplace(table, word, never), sampleLaplace(table, word + 1, never)]).toEqual([4, -4]);
  });

  test('is decided by further bits where the first ones agree, exactly where the probability ends', () => {
    const head = table.heads[2] ?? 0;
    const ofThree = (table.first * table.factor * table.factor) >> 448n;
    const rest = (ofThree >> (224n - 127n)) & ((1n << 96n) - 1n);
    expect(ofThree >> 193n).toBe(BigInt(head));
    expect(sampleLaplace(table, head * 2, () => rest - 1n)).toBe(3);
    expect(sampleLaplace(table, head * 2, () => rest)).toBe(2);
  });

  test('has no end: the smallest numbers are told apart by further bits, too', () => {
    expect(sampleLaplace(table, 0, () => 0n)).toBeGreaterThan(300);
    expect(sampleLaplace(table, 0, () => 1n << 60n)).toBeLessThan(200);
  });

  test('of a distribution without noise, or of one that is too flat, is refused', () => {
    for (const numerator of [0, -1, 4, NaN])
      expect(() => laplaceTable({ numerator, denominator: 4 })).toThrow(RangeError);
  });
});

/** What the mechanism promises, on the table itself: counts that differ by one are told with much the same probability. */
test.each(fractions)('neighbours are within e^(%d/%d) of each other', (numerator, denominator) => {
  const table = laplaceTable({ numerator, denominator });
  const bound = Math.exp(numerator / denominator);
  const atLeast = [2 ** 31, ...table.heads];
  const exactly = atLeast.slice(0, -1).map((head, n) => (head - (atLeast[n + 1] ?? 0)) / (n === 0 ? 1 : 2));
  for (let n = 0; n + 1 < exactly.length && (exactly[n + 1] ?? 0) > 2 ** 14; n += 1) {
    // The heads are rounded to 2^-31.
    const ratio = (exactly[n] ?? 0) / (exactly[n + 1] ?? 1);
    expect(ratio).toBeLessThan(bound * (1 + 2 ** -11));
    expect(ratio).toBeGreaterThan(1);
  }
});
