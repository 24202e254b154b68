import { describe, expect, test } from '@jest/globals';
import { boardTimeOf, throwIfTooLong } from './asked-time.rules.js';

const board = { defaultRange: 'last_7_days', defaultGranularity: 'day' } as const;
const now = new Date('2026-03-07T10:00:00Z');
const at = (text: string) => Date.parse(text);

describe('the time of a board', () => {
  test('is its default unless another is asked for', () => {
    expect(boardTimeOf({}, board, 'UTC', now)).toMatchObject({
      window: { from: at('2026-03-01T00:00:00Z'), to: now.getTime() },
      granularity: 'day',
      compared: undefined,
    });
    const range = { from: 1_000, to: 2_000 };
    expect(boardTimeOf({ range, granularity: 'hour' }, board, 'UTC', now)).toMatchObject({
      window: range,
      bounded: range,
      granularity: 'hour',
    });
  });

  test('is compared with the time before', () => {
    const range = { from: at('2026-03-01T00:00:00Z'), to: at('2026-04-01T00:00:00Z') };
    expect(boardTimeOf({ range, comparison: 'previous' }, board, 'UTC', now).compared).toEqual({
      window: { from: at('2026-02-01T00:00:00Z'), to: range.from },
      bounded: range,
    });
  });

  test('is not compared with what lies before the year 1', () => {
    const range = { from: -62_135_596_800_000, to: 0 };
    expect(() => boardTimeOf({ range, comparison: 'previous' }, board, 'UTC', now)).toThrow('year 1');
  });
});

test('a window that is too long for its buckets is refused', () => {
  expect(() => throwIfTooLong({ from: 0, to: 337 * 3_600_000 }, 'hour')).toThrow(
    'invalid query parameters: time_range must not exceed 336 hours',
  );
  throwIfTooLong({ from: 0, to: 336 * 3_600_000 }, 'hour');
});
