import { expect, test } from '@jest/globals';
import { violationsOfPrevious, violationsOfRange } from './range.rules.js';

const HOUR_MS = 3_600_000;

test.each([
  ['minute', 6],
  ['hour', 336],
  ['day', 8_760],
  ['week', 35_064],
  ['month', 87_660],
] as const)('a range of %s buckets has at most %d hours', (granularity, hours) => {
  const to = hours * HOUR_MS;
  expect(violationsOfRange({ from: 0, to: to + 1 }, granularity, 'a.b')).toEqual([
    { field: 'a.b', description: `must not exceed ${hours} hours for this granularity` },
  ]);
  expect(violationsOfRange({ from: 0, to }, granularity, 'a.b')).toEqual([]);
});

test('a period before the year 1 is refused', () => {
  const from = Date.parse('0001-01-01T00:00:00Z');
  expect(violationsOfPrevious({ from: from - 1, to: 0 })).toHaveLength(1);
  expect(violationsOfPrevious({ from, to: 0 })).toEqual([]);
});
