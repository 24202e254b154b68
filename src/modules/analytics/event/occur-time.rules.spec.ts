import { describe, expect, test } from '@jest/globals';
import { cookielessDay, firstCookielessDay, refuseOccurTime } from './occur-time.rules.js';

const now = new Date('2026-11-30T12:00:00Z');
const at = (text: string): number => Date.parse(text);

describe('an event', () => {
  test.each([
    ['2026-12-01T12:00:00.001Z', null, 'future_occur_time'],
    ['9999-12-31T00:00:00Z', null, 'future_occur_time'],
    ['1969-12-31T23:59:59.999Z', null, 'too_old'],
    ['0001-01-01T00:00:00Z', null, 'too_old'],
    ['2026-10-31T11:59:59.999Z', 30, 'too_old'],
    ['1969-12-31T23:59:59.999Z', 100_000, 'too_old'],
    ['2026-12-01T12:00:00Z', null, undefined],
    ['1970-01-01T00:00:00Z', null, undefined],
    ['2026-10-31T12:00:00Z', 30, undefined],
    ['2000-01-01T00:00:00Z', null, undefined],
  ])('of %s, of a project that keeps %p days: %p', (time, retentionDays, reason) => {
    expect(refuseOccurTime(at(time), now, retentionDays)).toBe(reason);
  });
});

describe('the day of a cookieless event', () => {
  test.each([
    ['2026-12-01T00:00:00Z', undefined],
    ['2026-11-28T23:59:59.999Z', undefined],
    ['2026-11-30T23:59:59.999Z', '2026-11-30'],
    ['2026-11-30T00:00:00Z', '2026-11-30'],
    ['2026-11-29T00:00:00Z', '2026-11-29'],
  ])('at %s is %p', (time, day) => {
    expect(cookielessDay(at(time), now)).toBe(day);
  });

  test('is at the earliest yesterday', () => {
    expect(firstCookielessDay(now)).toBe('2026-11-29');
    expect(firstCookielessDay(new Date('2026-12-01T00:00:00Z'))).toBe('2026-11-30');
  });
});
