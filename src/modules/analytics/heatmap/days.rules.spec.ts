import { describe, expect, test } from '@jest/globals';
import { closedDays, dayOf, expiryOf } from './days.rules.js';

const noon = Date.UTC(2026, 10, 30, 12);
const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe('the days of an answer', () => {
  test.each<[what: string, range: { from?: number; to?: number }, days: string[]]>([
    [
      'begin and end with the days of the range',
      { from: at('2026-11-27T23:59Z'), to: at('2026-11-28T00:00Z') },
      ['2026-11-27', '2026-11-28'],
    ],
    ['end before today', { from: at('2026-11-28T05:00Z') }, ['2026-11-28', '2026-11-29']],
    ['do not exist for a range in the future', { from: noon + hour, to: noon + 99 * hour }, []],
    ['do not exist for today', { from: noon - hour, to: noon }, []],
    ['do not exist for last year', { to: at('2025-11-30T00:00Z') }, []],
    ['do not exist for the first years', { from: at('0001-01-01T00:00Z'), to: at('0001-01-02T00:00Z') }, []],
  ])('%s', (_what, range, days) => {
    expect(closedDays(range, noon)).toEqual(days);
  });

  test('reach back as far as touches are kept, and no further', () => {
    const all = closedDays({ to: at('9999-12-31T23:59:59Z') }, noon);
    expect([all.length, all[0], all.at(-1)]).toEqual([90, '2026-09-01', '2026-11-29']);
    expect(expiryOf('2026-09-01') > dayOf(noon)).toBe(true);
  });

  test('begin to hold yesterday once its last calls have ended', () => {
    const midnight = at('2026-11-30T00:00Z');
    expect(closedDays({}, midnight + 599_999).at(-1)).toBe('2026-11-28');
    expect(closedDays({}, midnight + 600_000).at(-1)).toBe('2026-11-29');
  });

  test('end before the oldest touch that is not stored yet', () => {
    expect(closedDays({}, noon, noon - hour).at(-1)).toBe('2026-11-29');
    expect(closedDays({}, noon, noon - 24 * hour).at(-1)).toBe('2026-11-28');
    expect(closedDays({}, noon, noon - 999 * 24 * hour)).toEqual([]);
  });
});
