import { describe, expect, test } from '@jest/globals';
import { dayCount, zonedDaysOf } from './zoned-days.rules.js';

const now = Date.parse('2026-11-20T23:30:00Z');
const window = (from: string, to: string) => ({ from: Date.parse(from), to: Date.parse(to) });
const dates = (zone: string, from: string, to: string) =>
  zonedDaysOf(window(from, to), zone, now).starts.map((start) => [
    new Date(start).toISOString(),
    dayCount(start, 1, zone).date,
  ]);

describe('days of a zone', () => {
  test.each<[string, string, string, string, [string, string][]]>([
    [
      'of 23 hours where the clocks are set forward',
      'America/New_York',
      '2026-03-07T05:00:00Z',
      '2026-03-09T05:00:00Z',
      [
        ['2026-03-07T05:00:00.000Z', '2026-03-07'],
        ['2026-03-08T05:00:00.000Z', '2026-03-08'],
        ['2026-03-09T04:00:00.000Z', '2026-03-09'],
      ],
    ],
    [
      'of 25 hours where they are set back',
      'Europe/Stockholm',
      '2026-10-24T22:00:00Z',
      '2026-10-26T00:00:00Z',
      [
        ['2026-10-24T22:00:00.000Z', '2026-10-25'],
        ['2026-10-25T23:00:00.000Z', '2026-10-26'],
      ],
    ],
    [
      'that begin at one, where midnight is skipped',
      'Africa/Cairo',
      '2026-04-23T12:00:00Z',
      '2026-04-24T12:00:00Z',
      [
        ['2026-04-22T22:00:00.000Z', '2026-04-23'],
        ['2026-04-23T22:00:00.000Z', '2026-04-24'],
      ],
    ],
  ])('%s', (_what, zone, from, to, expected) => {
    expect(dates(zone, from, to)).toEqual(expected);
  });

  test('are today, the 60 before, and what is ahead, without a range', () => {
    const { window, starts } = zonedDaysOf(undefined, 'Asia/Kolkata', now);
    // The 21st there.
    expect(new Date(window.from).toISOString()).toBe('2026-09-21T18:30:00.000Z');
    expect(starts).toHaveLength(62);
  });

  test.each([
    ['an unknown zone', window('2026-01-01', '2026-01-02'), 'Mars/Olympus', 'time_zone'],
    ['an offset, which knows no summer time', window('2026-01-01', '2026-01-02'), '+01:00', 'time_zone'],
    ['a reversed range', window('2026-01-02', '2026-01-01'), 'UTC', 'end_time'],
    ['eleven years', window('2015-01-01', '2026-01-01'), 'UTC', 'end_time'],
  ])('are refused for %s', (_what, asked, zone, field) => {
    expect(() => zonedDaysOf(asked, zone, now)).toThrow(
      expect.objectContaining({ details: { violations: [expect.objectContaining({ field })] } }),
    );
  });
});
