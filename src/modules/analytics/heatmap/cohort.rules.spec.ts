import { describe, expect, test } from '@jest/globals';
import { areEnough, medianOf, type SeenCohort } from './cohort.rules.js';

const under = (salt: number, ...buckets: number[]): SeenCohort[] => buckets.map((bucket) => [salt, bucket]);

describe('cohorts', () => {
  test.each<[what: string, seen: SeenCohort[], isEnough: boolean]>([
    ['none', [], false],
    ['four, on several days', [...under(1, 1, 2, 3, 4), ...under(1, 4, 3, 2, 1)], false],
    ['five', under(1, 1, 2, 3, 4, 5), true],
    ['three before a new salt and three after it', [...under(1, 1, 2, 3), ...under(2, 4, 5, 6)], false],
    ['five of which a new salt', [...under(1, 1), ...under(2, 1, 2, 3, 4, 5)], true],
  ])('%s', (_what, seen, isEnough) => {
    expect(areEnough(seen)).toBe(isEnough);
  });
});

test.each([
  [[3], 3],
  [[10, -1, 2], 2],
  [[9, 1, 11, 2], 5.5],
])('the median of %j is %d', (values, median) => {
  expect(medianOf(Float64Array.from(values))).toBe(median);
});
