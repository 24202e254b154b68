import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { activityOf, activityScore, addActivity, NO_ACTIVITY } from './index.js';
import { added, changed, happened, page, text, typed } from './spec-pages.js';

const MINUTE = 60_000;

describe('activity', () => {
  test('is what the person does, not what the page does', () => {
    const click = happened({ source: 2, type: 2, id: 3 });
    const focus = happened({ source: 2, type: 5, id: 3 });
    const scroll = happened({ source: 3, id: 1, x: 0, y: 10 });
    const move = happened({ source: 1, positions: [{ x: 1, y: 1, id: 3, timeOffset: 0 }] });
    const byItself = [page(), changed({ texts: [{ id: 9, value: 'x' }] }), added(3, text(9, 'x'))];
    const totals = { presses: 1, inputs: 1, scrolls: 1, moves: 1 };
    expect(activityOf([click, focus, scroll, move, typed(5, 'x'), ...byItself])).toEqual(totals);
    expect(addActivity(totals, totals)).toEqual({ presses: 2, inputs: 2, scrolls: 2, moves: 2 });
  });

  test('scores nothing 0, twenty presses a minute 0.63, and a single early press low', () => {
    expect(activityScore(NO_ACTIVITY, MINUTE)).toBe(0);
    expect(activityScore({ ...NO_ACTIVITY, presses: 20 }, MINUTE)).toBeCloseTo(0.632, 3);
    expect(activityScore({ ...NO_ACTIVITY, presses: 1 }, 0)).toBeLessThan(0.3);
  });

  test('stays between 0 and 1 and grows with what is done', () => {
    const count = fc.nat(1_000_000);
    const totals = fc.record({ presses: count, inputs: count, scrolls: count, moves: count });
    fc.assert(
      fc.property(totals, totals, fc.nat(), (some, more, durationMs) => {
        const score = activityScore(some, durationMs);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(activityScore(addActivity(some, more), durationMs)).toBeGreaterThanOrEqual(score);
      }),
    );
  });
});
