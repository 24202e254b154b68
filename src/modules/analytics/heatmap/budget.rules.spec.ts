import { describe, expect, test } from '@jest/globals';
import { costOfEverything, exponentOf, SENSITIVITY } from './budget.rules.js';
import { dailyCap } from './touch.rules.js';

describe('the budget of a day', () => {
  test('is spent by all tables together, exactly', () => {
    expect(costOfEverything()).toBe(1);
  });

  test('is for as many touches as a person may add to it', () => {
    expect(SENSITIVITY).toBe(dailyCap.touches + dailyCap.scrolls);
  });

  test.each([
    [1, 'screen', 'coarse', 1 / 2],
    [1, 'campaign', 'coarse', 1 / 4],
    [5, 'screen', 'fine', 5 / 16],
    [0.5, 'campaign', 'cohorts', 0.5 / 16],
    // As it is stored, in single precision.
    [Math.fround(0.7), 'screen', 'coarse', 0.35],
    // Rounded to the side of more noise.
    [1.2349, 'screen', 'coarse', 0.617],
  ] as const)('of epsilon %d gives the slice %s, table %s: %d', (epsilon, slice, table, share) => {
    const { numerator, denominator } = exponentOf(epsilon, slice, table);
    expect(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator)).toBe(true);
    expect((numerator / denominator) * SENSITIVITY).toBeCloseTo(share, 12);
  });
});
