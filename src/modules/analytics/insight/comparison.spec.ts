import { describe, expect, test } from '@jest/globals';
import { previousWindow, withEveryBucket } from './comparison.js';
import { everything } from './question-examples.js';

const previous = (from: string, to: string, zone = 'UTC') => {
  const window = previousWindow({ from: Date.parse(from), to: Date.parse(to) }, zone);
  return [window.from, window.to].map((time) => new Date(time).toISOString().replace('.000Z', 'Z'));
};

describe('the window before', () => {
  test.each([
    ['hours', '2026-03-02T10:00:00Z', '2026-03-02T16:00:00Z', '2026-03-02T04:00:00Z'],
    ['a day', '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['a week', '2026-03-08T00:00:00Z', '2026-03-15T00:00:00Z', '2026-03-01T00:00:00Z'],
    [
      'a month that follows a shorter one',
      '2026-03-01T00:00:00Z',
      '2026-04-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
    ],
    ['a quarter', '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z', '2025-10-01T00:00:00Z'],
    ['days that begin a month', '2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z', '2026-01-30T00:00:00Z'],
  ])('of %s', (_, from, to, start) => {
    expect(previous(from, to)).toEqual([start, from]);
  });

  test('of whole days in the zone has as many days, not hours', () => {
    // In Stockholm, 25 October 2026 has 25 hours.
    const [from, to] = ['2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'];
    expect(previous(from, to, 'Europe/Stockholm')).toEqual(['2026-10-23T22:00:00Z', from]);
    expect(previous(from, to, 'UTC')).toEqual(['2026-10-23T21:00:00Z', from]);
  });

  test('of a month in the zone begins with the month before', () => {
    const [from, to] = ['2026-04-01T04:00:00Z', '2026-05-01T04:00:00Z'];
    expect(previous(from, to, 'America/New_York')).toEqual(['2026-03-01T05:00:00Z', from]);
  });
});

describe('an answer that is compared', () => {
  const day = 86_400_000;
  const window = { from: 0, to: 3 * day };

  test('has every bucket', () => {
    const query = {
      ...everything,
      window,
      zone: 'UTC',
      type: 'trends',
      granularity: 'day',
      events: [{ kind: 'view', filters: [], aggregation: { type: 'total' } }],
      rankBy: 'window',
    } as const;
    const series = { event: 0, kind: 'view', breakdown: [], points: [{ time: day, value: 7 }], total: 7 };
    expect(withEveryBucket(query, { type: 'trends', series: [series] })).toEqual({
      type: 'trends',
      series: [
        {
          ...series,
          points: [
            { time: 0, value: 0 },
            { time: day, value: 7 },
            { time: 2 * day, value: 0 },
          ],
        },
      ],
    });
  });

  test('is refused when zeros make it too long', () => {
    const minutes = { ...everything, window, type: 'sessions', granularity: 'minute' } as const;
    const query = { ...minutes, metric: 'sessions', scope: { kind: '', filters: [] } } as const;
    const series = Array.from({ length: 24 }, (_, value) => ({
      breakdown: [String(value)],
      points: [{ time: day, value: 7 }],
      total: 7,
    }));
    expect(() => withEveryBucket(query, { type: 'sessions', series })).toThrow(
      expect.objectContaining({ reason: 'ANALYTICS_QUERY_TOO_LARGE' }),
    );
  });

  test('without buckets stays as it is', () => {
    const query = {
      ...everything,
      window,
      type: 'segmentation',
      events: [{ kind: 'view', filters: [] }],
      aggregation: { type: 'total' },
    } as const;
    const result = { type: 'segmentation', total: 3 } as const;
    expect(withEveryBucket(query, result)).toBe(result);
  });
});
