import { describe, expect, test } from '@jest/globals';
import { readTime } from './zoned-time.rules.js';

const utc = { zone: 'UTC', dateOrder: 0 };
const at = (text: string): number => Date.parse(text);

describe('a time', () => {
  test.each<[unknown, string]>([
    ['2025-03-04T05:06:07Z', '2025-03-04T05:06:07Z'],
    ['2025-03-04T05:06:07.123456+02:00', '2025-03-04T03:06:07.123Z'],
    ['2025-03-04 05:06:07.9', '2025-03-04T05:06:07.900Z'],
    ['2025-03-04 05:06:07 UTC', '2025-03-04T05:06:07Z'],
    ['2025-03-04 05:06:07-0330', '2025-03-04T08:36:07Z'],
    ['2025-03-04 05:06:07+00', '2025-03-04T05:06:07Z'],
    ['2025/3/4 5:06', '2025-03-04T05:06:00Z'],
    ['2025-03-04', '2025-03-04T00:00:00Z'],
    ['20250304', '2025-03-04T00:00:00Z'],
    ['Tue, 04 Mar 2025 05:06:07 GMT', '2025-03-04T05:06:07Z'],
    [1_741_064_767, '2025-03-04T05:06:07Z'],
    ['1741064767.5', '2025-03-04T05:06:07.500Z'],
    [1_741_064_767_123, '2025-03-04T05:06:07.123Z'],
    ['1741064767123456', '2025-03-04T05:06:07.123Z'],
    [1_741_064_767_123_456_789n, '2025-03-04T05:06:07.123Z'],
    ['25.3.2025 05:06', '2025-03-25T05:06:00Z'],
    ['3/25/2025, 05:06:07', '2025-03-25T05:06:07Z'],
    ['4/4/2025', '2025-04-04T00:00:00Z'],
  ])('is read from %p', (value, expected) => {
    expect(readTime(value, utc)).toBe(at(expected));
  });

  test('that names no zone is one of the given zone, on both sides of a change of the clock', () => {
    const stockholm = { zone: 'Europe/Stockholm', dateOrder: 0 };
    expect(readTime('2025-01-15 12:00:00', stockholm)).toBe(at('2025-01-15T11:00:00Z'));
    expect(readTime('2025-07-15 12:00:00', stockholm)).toBe(at('2025-07-15T10:00:00Z'));
    expect(readTime('2025-03-30 03:00:00', stockholm)).toBe(at('2025-03-30T01:00:00Z'));
    expect(readTime('2025-07-15 12:00:00Z', stockholm)).toBe(at('2025-07-15T12:00:00Z'));
    expect(readTime('2025-07-15 12:00:00', { zone: 'Asia/Kolkata', dateOrder: 0 })).toBe(
      at('2025-07-15T06:30:00Z'),
    );
  });

  test('with day and month in a given order is read in that order', () => {
    expect(readTime('3/4/2025', { zone: 'UTC', dateOrder: 1 })).toBe(at('2025-04-03T00:00:00Z'));
    expect(readTime('3/4/2025', { zone: 'UTC', dateOrder: 2 })).toBe(at('2025-03-04T00:00:00Z'));
  });

  test.each<[unknown, RegExp]>([
    ['3/4/2025', /two ways/],
    ['2025-02-30', /does not exist/],
    ['2025-02-28 24:61', /does not exist/],
    ['yesterday', /not a time/],
    ['', /not a time/],
    [Infinity, /not a time/],
    [null, /not a time/],
    [{}, /not a time/],
    ['1'.repeat(65), /not a time/],
    ['Tue, 04 Mar 2025 05:06:07', /not a time/],
  ])('is refused: %p', (value, wrong) => {
    expect(readTime(value, utc)).toEqual({ wrong: expect.stringMatching(wrong) as unknown });
  });
});
