import { describe, expect, test } from '@jest/globals';
import { nominalWindow, windowOf } from './window.rules.js';

const shown = ({ from, to }: { from: number; to: number }) =>
  [from, to].map((instant) => new Date(instant).toISOString().slice(0, 16)).join(' ');

describe('a range that ends now', () => {
  test.each([
    ['last_1_hour', 'Asia/Kolkata', '2026-03-01T10:00:30Z', '2026-03-01T09:01 2026-03-01T10:01'],
    ['last_24_hours', 'UTC', '2026-03-01T10:00:00Z', '2026-02-28T10:00 2026-03-01T10:00'],
    ['last_7_days', 'UTC', '2026-03-07T10:00:00Z', '2026-03-01T00:00 2026-03-07T10:00'],
    // It is the 8th already.
    ['last_7_days', 'Asia/Kolkata', '2026-03-07T20:00:00Z', '2026-03-01T18:30 2026-03-07T20:00'],
    ['last_7_days', 'America/New_York', '2026-03-10T12:00:00Z', '2026-03-04T05:00 2026-03-10T12:00'],
    ['last_30_days', 'Europe/Stockholm', '2026-11-01T12:00:00Z', '2026-10-02T22:00 2026-11-01T12:00'],
    ['last_7_days', 'UTC', '2026-03-07T23:59:59.999Z', '2026-03-01T00:00 2026-03-08T00:00'],
  ] as const)('%s in %s', (preset, zone, now, expected) => {
    expect(shown(windowOf(preset, zone, new Date(now)))).toBe(expected);
  });

  test('is the same for all who ask within a minute', () => {
    const [first, last] = ['2026-03-01T10:00:00.001Z', '2026-03-01T10:01:00Z'].map((now) => new Date(now));
    if (!first || !last) throw new Error('Both are given.');
    expect(windowOf('last_30_days', 'UTC', first)).toEqual(windowOf('last_30_days', 'UTC', last));
  });

  test('of 365 days is within the bounds of days also where two autumns add an hour', () => {
    const { from, to } = windowOf('last_365_days', 'America/New_York', new Date('2025-11-03T04:30:00Z'));
    expect((to - from) / 3_600_000).toBeGreaterThan(8_760);
    expect(nominalWindow('last_365_days').to / 3_600_000).toBe(8_760);
  });
});
