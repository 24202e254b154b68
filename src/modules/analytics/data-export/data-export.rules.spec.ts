import { describe, expect, test } from '@jest/globals';
import { MOST_OPEN, refuseExportsOverLimit, refuseRange } from './data-export.rules.js';

const noon = new Date('2026-11-02T12:00:00Z');
const later = new Date(noon.getTime() + 1);

describe('a range of time', () => {
  test.each<[string, Date | null, Date | null]>([
    ['no bounds', null, null],
    ['a beginning', noon, null],
    ['an end', null, noon],
    ['one millisecond', noon, later],
  ])('may have %s', (_what, from, to) => {
    expect(refuseRange(from, to)).toBeUndefined();
  });

  test('must not be empty or end before it begins', () => {
    for (const to of [noon, new Date(0)])
      expect(refuseRange(noon, to)?.details.violations).toEqual([
        { field: 'end_time', description: 'must be after start_time' },
      ]);
  });
});

test('five exports wait or run, and no more', () => {
  expect(refuseExportsOverLimit(MOST_OPEN - 1)).toBeUndefined();
  expect(refuseExportsOverLimit(MOST_OPEN)).toMatchObject({ reason: 'TOO_MANY_EXPORTS' });
});
