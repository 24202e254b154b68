import { describe, expect, test } from '@jest/globals';
import { isComplete, nextGap, type Span } from './progress.rules.js';

describe('the next gap in what is done', () => {
  test.each<[name: string, done: Span[], from: number, gap: Span | undefined]>([
    ['of nothing is everything', [], 0, [0, null]],
    ['of nothing, behind a piece in flight', [], 2001, [2001, null]],
    ['is behind the only piece', [[0, 2001]], 0, [2001, null]],
    ['is before a piece that was faster', [[2001, 4001]], 0, [0, 2001]],
    [
      'is between two pieces',
      [
        [0, 2001],
        [4001, 6001],
      ],
      0,
      [2001, 4001],
    ],
    [
      'begins in the middle of a gap',
      [
        [0, 10],
        [40, 50],
      ],
      20,
      [20, 40],
    ],
    [
      'leaves out what ends before it',
      [
        [0, 10],
        [40, 50],
      ],
      60,
      [60, null],
    ],
    [
      'begins behind the piece that holds `from`',
      [
        [0, 10],
        [40, 50],
      ],
      45,
      [50, null],
    ],
    [
      'is before the last piece',
      [
        [0, 10],
        [40, null],
      ],
      0,
      [10, 40],
    ],
    [
      'does not exist behind the last piece',
      [
        [0, 10],
        [40, null],
      ],
      40,
      undefined,
    ],
    ['does not exist when all is done', [[0, null]], 0, undefined],
  ])('%s', (_name, done, from, gap) => {
    expect(nextGap(done, from)).toEqual(gap);
  });
});

test.each<[done: Span[], complete: boolean]>([
  [[], false],
  [[[0, 2001]], false],
  [[[2001, null]], false],
  [
    [
      [0, 2001],
      [4001, null],
    ],
    false,
  ],
  [[[0, null]], true],
])('%j is all of an audience: %s', (done, complete) => {
  expect(isComplete(done)).toBe(complete);
});
