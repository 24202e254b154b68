import { describe, expect, test } from '@jest/globals';
import { batchesBySize, lengthOf } from './batches.rules.js';

const batches = (...lengths: number[]): number[][] => [...batchesBySize(lengths, (length) => length)];

describe('batches by size', () => {
  test.each<[name: string, given: number[], batches: number[][]]>([
    ['of no items are no batches', [], []],
    ['of little is one', [1, 2, 3], [[1, 2, 3]]],
    ['end before the next item is too much', [400_000, 100_000, 100_000], [[400_000, 100_000], [100_000]]],
    ['have an item alone that is too long for any', [1, 900_000, 1], [[1], [900_000], [1]]],
  ])('%s', (_name, given, expected) => {
    expect(batches(...given)).toEqual(expected);
  });

  test('have at most a thousand items', () => {
    expect(batches(...Array.from({ length: 2_500 }, () => 0)).map(({ length }) => length)).toEqual([
      1_000, 1_000, 500,
    ]);
  });
});

test.each<[unknown, number]>([
  ['four', 4],
  [{ a: 'four', list: ['x', { deep: 'yz' }] }, 1 + 4 + 4 + 1 + 1 + 1 + 4 + 2],
  [undefined, 0],
  [7, 0],
])('the length of %j is that of its texts and names', (value, length) => {
  expect(lengthOf(value)).toBe(length);
});
