import { describe, expect, test } from '@jest/globals';
import type { Granularity } from '../../../src/modules/analytics/insight/insight-query.js';
import { bucketOf, bucketsOf, nextBucket } from './calendar.js';

const iso = (instant: number) => new Date(instant).toISOString();
const start = (instant: string, granularity: Granularity, zone: string) =>
  iso(bucketOf(Date.parse(instant), granularity, zone));

describe('the calendar of the naive evaluator', () => {
  test.each<[string, Granularity, string, string]>([
    ['2026-06-17T12:34:56.789Z', 'minute', 'UTC', '2026-06-17T12:34:00.000Z'],
    ['2026-06-17T12:34:56.789Z', 'hour', 'UTC', '2026-06-17T12:00:00.000Z'],
    ['2026-06-17T12:34:56.789Z', 'week', 'UTC', '2026-06-14T00:00:00.000Z'],
    ['2026-06-14T00:00:00.000Z', 'week', 'UTC', '2026-06-14T00:00:00.000Z'],
    ['2024-02-29T23:59:59.999Z', 'month', 'UTC', '2024-02-01T00:00:00.000Z'],
    ['2026-01-31T18:30:00.000Z', 'month', 'Asia/Kolkata', '2026-01-31T18:30:00.000Z'],
    ['2026-01-31T18:29:59.999Z', 'day', 'Asia/Kolkata', '2026-01-30T18:30:00.000Z'],
    // 02:00 becomes 03:00 on March 8; 02:00 becomes 01:00 on November 1.
    ['2026-03-08T07:59:00.000Z', 'hour', 'America/New_York', '2026-03-08T07:00:00.000Z'],
    ['2026-03-09T03:59:00.000Z', 'day', 'America/New_York', '2026-03-08T05:00:00.000Z'],
    ['2026-11-01T05:30:00.000Z', 'hour', 'America/New_York', '2026-11-01T05:00:00.000Z'],
    ['2026-11-01T06:30:00.000Z', 'hour', 'America/New_York', '2026-11-01T06:00:00.000Z'],
    ['2026-11-08T04:59:00.000Z', 'week', 'America/New_York', '2026-11-01T04:00:00.000Z'],
    // 02:00 at +11:00 becomes 01:30 at +10:30: an hour of ninety minutes.
    ['2026-04-04T15:29:00.000Z', 'hour', 'Australia/Lord_Howe', '2026-04-04T14:00:00.000Z'],
    ['2026-04-04T15:30:00.000Z', 'hour', 'Australia/Lord_Howe', '2026-04-04T15:30:00.000Z'],
    // 02:00 at +10:30 becomes 02:30 at +11:00: an hour of thirty minutes.
    ['2026-10-03T15:40:00.000Z', 'hour', 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    ['2026-10-03T16:00:00.000Z', 'hour', 'Australia/Lord_Howe', '2026-10-03T16:00:00.000Z'],
    // Midnight does not exist: the day begins at one o'clock.
    ['2026-04-24T05:00:00.000Z', 'day', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    // Midnight comes twice: the day begins with the first.
    ['2026-11-01T05:30:00.000Z', 'day', 'America/Havana', '2026-11-01T04:00:00.000Z'],
  ])('puts %s into the %s of %s that begins at %s', (instant, granularity, zone, expected) => {
    expect(start(instant, granularity, zone)).toBe(expected);
  });

  test("gives Stockholm's last day of summer time 25 hours, and each its bucket", () => {
    const from = Date.parse('2026-10-24T22:00:00Z');
    const to = nextBucket(from, 'day', 'Europe/Stockholm');
    expect(to - from).toBe(25 * 3_600_000);
    expect(bucketsOf({ from, to }, 'hour', 'Europe/Stockholm')).toHaveLength(25);
  });

  test('begins with the bucket that the window begins in, and ends before its end', () => {
    const window = { from: Date.parse('2026-06-14T13:00:00Z'), to: Date.parse('2026-06-16T00:00:00Z') };
    expect(bucketsOf(window, 'day', 'UTC').map(iso)).toEqual([
      '2026-06-14T00:00:00.000Z',
      '2026-06-15T00:00:00.000Z',
    ]);
  });
});
