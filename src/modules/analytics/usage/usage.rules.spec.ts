import { describe, expect, test } from '@jest/globals';
import {
  countFrom,
  dayOf,
  isCountDue,
  isRefused,
  limitReached,
  monthFrom,
  percentsReached,
  periodOf,
} from './usage.rules.js';

const now = new Date('2026-12-31T23:59:59.999Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);

describe('a period', () => {
  test('is the month, UTC', () => {
    expect(periodOf(now)).toEqual({
      start: new Date('2026-12-01T00:00:00Z'),
      end: new Date('2027-01-01T00:00:00Z'),
    });
    expect(monthFrom(new Date('2026-03-31T12:00:00Z'), -1)).toEqual(new Date('2026-02-01T00:00:00Z'));
    expect(dayOf(now)).toBe('2026-12-31');
  });
});

describe('a count', () => {
  test.each([
    [undefined, true],
    [{ countedAt: ago(49_000), tookMs: 1 }, false],
    [{ countedAt: ago(50_000), tookMs: 1 }, true],
    [{ countedAt: ago(99_000), tookMs: 2_000 }, false],
    [{ countedAt: ago(100_000), tookMs: 2_000 }, true],
  ])('after %j is due: %s', (counted, isDue) => {
    expect(isCountDue(counted && { ...counted, completeAt: now }, now)).toBe(isDue);
  });

  test('is of all days once a day, otherwise of two months', () => {
    const counted = { countedAt: now, tookMs: 1 };
    const complete = { from: new Date(0), isComplete: true };
    expect(countFrom(undefined, now)).toEqual(complete);
    expect(countFrom({ ...counted, completeAt: ago(86_400_000) }, now)).toEqual(complete);
    const recent = countFrom({ ...counted, completeAt: ago(86_399_999) }, now);
    expect(recent).toEqual({ from: new Date('2026-11-01T00:00:00Z'), isComplete: false });
  });
});

describe('a limit', () => {
  test.each([
    [0, 10, []],
    [7, 10, []],
    [8, 10, [80]],
    [9, 10, [80]],
    [10, 10, [80, 100]],
    [1_000, 0, []],
  ])('%d events of %d reach %j percent', (events, monthlyEvents, percents) => {
    expect(percentsReached(events, { monthlyEvents, refuses: false })).toEqual(percents);
  });

  test.each([
    [9, 10, true, false],
    [10, 10, true, true],
    [10, 10, false, false],
    [10, 0, true, false],
  ])('%d events of %d, refusing %s: refused %s', (events, monthlyEvents, refuses, refused) => {
    expect(isRefused(events, { monthlyEvents, refuses })).toBe(refused);
  });

  test('that is reached is an error after which an SDK tries again', () => {
    const error = limitReached(new Date('2027-01-01T00:00:00Z'), now);
    expect(error).toMatchObject({ kind: 'resource_exhausted', reason: 'EVENT_LIMIT_REACHED' });
    expect(error.details.retryAfterSeconds).toBe(1);
  });
});
