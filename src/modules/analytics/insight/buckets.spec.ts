import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketsOf, bucketStart } from './buckets.js';
import type { Granularity } from './insight-query.js';

const iso = (instant: number) => new Date(instant).toISOString().replace('.000Z', 'Z');
const starts = (from: string, to: string, zone: string, granularity: Granularity) =>
  bucketsOf({ from: Date.parse(from), to: Date.parse(to) }, zone, granularity).map(iso);

describe('the start of a bucket', () => {
  test.each<[string, Granularity, string, string]>([
    ['UTC', 'minute', '2026-03-04T10:20:30.456Z', '2026-03-04T10:20:00Z'],
    ['UTC', 'hour', '2026-03-04T10:20:30.456Z', '2026-03-04T10:00:00Z'],
    ['UTC', 'day', '2026-03-04T10:20:30.456Z', '2026-03-04T00:00:00Z'],
    ['UTC', 'week', '2026-03-04T10:20:30.456Z', '2026-03-01T00:00:00Z'],
    ['UTC', 'week', '2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['UTC', 'week', '2026-02-28T23:59:59.999Z', '2026-02-22T00:00:00Z'],
    ['UTC', 'month', '2026-03-04T10:20:30.456Z', '2026-03-01T00:00:00Z'],
    ['UTC', 'month', '2024-02-29T12:00:00Z', '2024-02-01T00:00:00Z'],
    ['UTC', 'day', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['UTC', 'week', '1970-01-01T00:00:00Z', '1969-12-28T00:00:00Z'],
    ['Asia/Kolkata', 'hour', '2026-03-04T10:20:00Z', '2026-03-04T09:30:00Z'],
    ['Asia/Kolkata', 'day', '2026-03-04T10:20:00Z', '2026-03-03T18:30:00Z'],
    ['Asia/Kolkata', 'day', '2026-03-04T18:30:00Z', '2026-03-04T18:30:00Z'],
    ['Asia/Kolkata', 'week', '2026-03-04T10:20:00Z', '2026-02-28T18:30:00Z'],
    ['Asia/Kolkata', 'month', '2026-03-04T10:20:00Z', '2026-02-28T18:30:00Z'],
    ['Asia/Kathmandu', 'hour', '2026-03-04T10:20:00Z', '2026-03-04T10:15:00Z'],
    ['America/New_York', 'day', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00Z'],
    ['America/New_York', 'day', '2026-03-09T12:00:00Z', '2026-03-09T04:00:00Z'],
    ['America/New_York', 'week', '2026-03-10T12:00:00Z', '2026-03-08T05:00:00Z'],
    ['America/New_York', 'month', '2026-03-20T12:00:00Z', '2026-03-01T05:00:00Z'],
    ['America/New_York', 'month', '2026-11-20T12:00:00Z', '2026-11-01T04:00:00Z'],
    // 1:30 twice: the second one belongs to the hour that the clock struck again.
    ['America/New_York', 'hour', '2026-11-01T05:30:00Z', '2026-11-01T05:00:00Z'],
    ['America/New_York', 'hour', '2026-11-01T06:30:00Z', '2026-11-01T06:00:00Z'],
    // 2:00 is skipped.
    ['America/New_York', 'hour', '2026-03-08T07:30:00Z', '2026-03-08T07:00:00Z'],
    // Lord Howe, autumn: 2:00 at +11 becomes 1:30 at +10:30, so that the hour from 1:00 lasts 90 minutes.
    ['Australia/Lord_Howe', 'hour', '2026-04-04T14:45:00Z', '2026-04-04T14:00:00Z'],
    ['Australia/Lord_Howe', 'hour', '2026-04-04T15:15:00Z', '2026-04-04T14:00:00Z'],
    ['Australia/Lord_Howe', 'hour', '2026-04-04T15:29:59.999Z', '2026-04-04T14:00:00Z'],
    ['Australia/Lord_Howe', 'hour', '2026-04-04T15:30:00Z', '2026-04-04T15:30:00Z'],
    // Spring: 2:00 at +10:30 becomes 2:30 at +11; the hour of 2 begins in its middle and lasts 30 minutes.
    ['Australia/Lord_Howe', 'hour', '2026-10-03T15:30:00Z', '2026-10-03T15:30:00Z'],
    ['Australia/Lord_Howe', 'hour', '2026-10-03T15:59:59Z', '2026-10-03T15:30:00Z'],
    ['Australia/Lord_Howe', 'hour', '2026-10-03T16:00:00Z', '2026-10-03T16:00:00Z'],
    ['Australia/Lord_Howe', 'day', '2026-10-04T12:59:00Z', '2026-10-03T13:30:00Z'],
    // Midnight is skipped: the day begins at 1:00.
    ['America/Sao_Paulo', 'day', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z'],
    ['America/Sao_Paulo', 'week', '2018-11-06T12:00:00Z', '2018-11-04T03:00:00Z'],
    ['Asia/Beirut', 'day', '2026-03-29T12:00:00Z', '2026-03-28T22:00:00Z'],
    // At midnight the clock goes back to 23:00: the hour belongs to the evening.
    ['America/Sao_Paulo', 'day', '2019-02-17T02:30:00Z', '2019-02-16T02:00:00Z'],
    ['America/Sao_Paulo', 'day', '2019-02-17T03:00:00Z', '2019-02-17T03:00:00Z'],
    // At 1:00 it goes back to midnight: the day does not begin again.
    ['America/Havana', 'day', '2026-11-01T05:30:00Z', '2026-11-01T04:00:00Z'],
    // At 0:01 it went back to 23:01 of the day before.
    ['America/St_Johns', 'day', '2006-10-29T02:31:30Z', '2006-10-29T02:30:00Z'],
    ['America/St_Johns', 'day', '2006-10-29T03:00:00Z', '2006-10-29T02:30:00Z'],
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', 'day', '2011-12-31T00:00:00Z', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', 'day', '2011-12-30T09:59:59Z', '2011-12-29T10:00:00Z'],
  ])('%s, %s: %s', (zone, granularity, instant, expected) => {
    expect(iso(bucketStart(Date.parse(instant), zone, granularity))).toBe(expected);
  });

  test('of a zone that does not exist is refused', () => {
    expect(() => bucketStart(0, 'Europe/Atlantis', 'day')).toThrow(RangeError);
  });
});

describe('the buckets of a window', () => {
  test('are those that it overlaps', () => {
    expect(starts('2026-03-04T10:20:00Z', '2026-03-06T00:00:00Z', 'UTC', 'day')).toEqual([
      '2026-03-04T00:00:00Z',
      '2026-03-05T00:00:00Z',
    ]);
  });

  test('have a day of 25 hours in Stockholm', () => {
    expect(starts('2026-10-24T12:00:00Z', '2026-10-27T00:00:00Z', 'Europe/Stockholm', 'day')).toEqual([
      '2026-10-23T22:00:00Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
      '2026-10-26T23:00:00Z',
    ]);
    expect(starts('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 'Europe/Stockholm', 'hour')).toHaveLength(
      25,
    );
  });

  test('have hours of 90 and 30 minutes on Lord Howe', () => {
    expect(starts('2026-04-04T13:00:00Z', '2026-04-04T17:00:00Z', 'Australia/Lord_Howe', 'hour')).toEqual([
      '2026-04-04T13:00:00Z',
      '2026-04-04T14:00:00Z',
      '2026-04-04T15:30:00Z',
      '2026-04-04T16:30:00Z',
    ]);
    expect(starts('2026-10-03T14:30:00Z', '2026-10-03T17:00:00Z', 'Australia/Lord_Howe', 'hour')).toEqual([
      '2026-10-03T14:30:00Z',
      '2026-10-03T15:30:00Z',
      '2026-10-03T16:00:00Z',
    ]);
  });

  test('leave out a date that a zone skipped', () => {
    expect(starts('2011-12-29T11:00:00Z', '2012-01-01T00:00:00Z', 'Pacific/Apia', 'day')).toEqual([
      '2011-12-29T10:00:00Z',
      '2011-12-30T10:00:00Z',
      '2011-12-31T10:00:00Z',
    ]);
  });

  test('begin weeks on Sunday and months on the first', () => {
    expect(starts('2026-01-01T00:00:00Z', '2026-01-12T00:00:00Z', 'UTC', 'week')).toEqual([
      '2025-12-28T00:00:00Z',
      '2026-01-04T00:00:00Z',
      '2026-01-11T00:00:00Z',
    ]);
    expect(starts('2026-01-31T00:00:00Z', '2026-03-01T00:00:00.001Z', 'UTC', 'month')).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
      '2026-03-01T00:00:00Z',
    ]);
  });

  test('do not exist when the window is empty', () => {
    expect(starts('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'UTC', 'day')).toEqual([]);
  });

  test('are refused when there are too many', () => {
    expect(() => starts('2000-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'UTC', 'minute')).toThrow(RangeError);
  });
});

const zones = Intl.supportedValuesOf('timeZone');
const question = fc.record({
  zone: fc.constantFrom(...zones),
  granularity: fc.constantFrom<Granularity>('minute', 'hour', 'day', 'week', 'month'),
  instant: fc.integer({ min: Date.parse('1975-01-01'), max: Date.parse('2035-01-01') }),
});

/** What the wall clock of the zone shows: `2026-03-04 10:20:30`. */
function wallClock(instant: number, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(
    instant,
  );
}

describe('in every zone', () => {
  test('a bucket begins at or before its instants, and is its own start', () => {
    fc.assert(
      fc.property(question, ({ zone, granularity, instant }) => {
        const start = bucketStart(instant, zone, granularity);
        expect(start).toBeLessThanOrEqual(instant);
        expect(bucketStart(start, zone, granularity)).toBe(start);
      }),
    );
  });

  test('the list of buckets agrees with the start of each of its instants', () => {
    fc.assert(
      fc.property(question, fc.nat(1_000_000), ({ zone, granularity, instant }, part) => {
        const length =
          { minute: 3, hour: 80, day: 1_000, week: 5_000, month: 20_000 }[granularity] * 3_600_000;
        const window = { from: instant, to: instant + length };
        const buckets = bucketsOf(window, zone, granularity);
        const inside = instant + Math.floor((part / 1_000_001) * length);
        expect(buckets).toContain(bucketStart(inside, zone, granularity));
        expect(buckets[0]).toBe(bucketStart(instant, zone, granularity));
        for (const bucket of buckets) expect(bucketStart(bucket, zone, granularity)).toBe(bucket);
      }),
      { numRuns: 60 },
    );
  });

  test('another bucket shows another date, hour or minute on the clock, or the same again', () => {
    fc.assert(
      fc.property(question, ({ zone, granularity, instant }) => {
        const shown = { minute: 16, hour: 13, day: 10, week: 10, month: 7 }[granularity];
        const start = bucketStart(instant, zone, granularity);
        const before = wallClock(start - 1, zone).slice(0, shown);
        const after = wallClock(start, zone);
        expect(before !== after.slice(0, shown) || after.endsWith(':00')).toBe(true);
      }),
    );
  });
});
