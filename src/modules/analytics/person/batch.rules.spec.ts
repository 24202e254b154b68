import { describe, expect, test } from '@jest/globals';
import { type Batch, grouped, newestOf, sizeOfNext } from './batch.rules.js';

const now = Date.UTC(2026, 10, 30);
const batch = (more: Partial<Batch<number>>): Batch<number> => ({
  ...{ size: 100, rows: [], hasMore: true, readAt: now },
  ...more,
});

describe('the next batch of a list', () => {
  test.each([
    ['has a message of people at the beginning', undefined, 100],
    ['is ten times as large as the one before', batch({}), 1_000],
    ['has no more than ten thousand', batch({ size: 10_000 }), 10_000],
    ['is not read while people of the one before wait', batch({ rows: [1] }), undefined],
    ['is small behind one that is too old', batch({ size: 10_000, readAt: now - 5_001 }), 100],
    ['is read again where the people who wait are too old', batch({ rows: [1], readAt: now - 5_001 }), 100],
  ])('%s', (_, before, size) => {
    expect(sizeOfNext(before, now)).toBe(size);
  });
});

test('lists are grouped up to a size, and none is divided', () => {
  expect(grouped([[1], [2, 3], [4, 5], [6, 7, 8, 9], [10]], 3)).toEqual([
    [1, 2, 3],
    [4, 5],
    [6, 7, 8, 9],
    [10],
  ]);
  expect(grouped([], 3)).toEqual([]);
});

test('the newest people come first, and of one time those with the highest bytes', () => {
  const person = (id: string, at: number) => ({ id, at });
  const people = [person('b', 1), person('\uFFFD', 2), person('a', 3), person('😀', 2)];
  expect(newestOf(people, 3).map(({ id }) => id)).toEqual(['a', '😀', '\uFFFD']);
});
