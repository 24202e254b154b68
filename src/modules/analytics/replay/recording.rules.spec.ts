import { describe, expect, test } from '@jest/globals';
import {
  acceptedTimes,
  chunkBytes,
  firstPage,
  joined,
  passedBound,
  sessionLimits,
  shardOf,
  spanOfTimes,
} from './recording.rules.js';

test('events of a week ago and of a day ahead are accepted', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const { from, to } = acceptedTimes(now);
  expect([new Date(from), new Date(to)]).toEqual([
    new Date('2026-03-03T12:00:00Z'),
    new Date('2026-03-11T12:00:00Z'),
  ]);
});

describe('a span', () => {
  test('is from the first to the last time, in whatever order', () => {
    expect(spanOfTimes([])).toBeUndefined();
    expect(spanOfTimes([5])).toEqual({ from: 5, to: 5 });
    expect(spanOfTimes([5, 3, 9])).toEqual({ from: 3, to: 9 });
  });

  test('and another one are joined with what is between them', () => {
    const span = { from: 3, to: 5 };
    expect(joined(undefined, undefined)).toBeUndefined();
    expect([joined(span, undefined), joined(undefined, span)]).toEqual([span, span]);
    expect(joined(span, { from: 8, to: 9 })).toEqual({ from: 3, to: 9 });
  });
});

test('a session has bounds of bytes and time, both included', () => {
  const { bytes, durationMs } = sessionLimits;
  expect(passedBound(bytes, { from: 1, to: 1 + durationMs })).toBeUndefined();
  expect(passedBound(0, undefined)).toBeUndefined();
  expect(passedBound(bytes + 1, undefined)).toBe('bytes');
  expect(passedBound(bytes, { from: 0, to: 1 + durationMs })).toBe('duration');
});

describe('a page', () => {
  const most = chunkBytes.stored;
  const sizes = (...all: number[]) => firstPage(all.map((bytes) => ({ bytes }))).map(({ bytes }) => bytes);

  test('takes chunks up to its bound, and always one', () => {
    expect(sizes()).toEqual([]);
    expect(sizes(1, 2, 3)).toEqual([1, 2, 3]);
    expect(sizes(most - 1, 1, 1)).toEqual([most - 1, 1]);
    expect(sizes(most, 1)).toEqual([most]);
    expect(sizes(most + 1, 1)).toEqual([most + 1]);
  });

  test('takes chunks without events along', () => {
    expect(sizes(0, most, 0)).toEqual([0, most, 0]);
  });
});

test('ids are spread over sixteen shards', () => {
  const ids = Array.from({ length: 16 }, (_, n) => `0190b5a2-7c4e-7c3b-8d2e-00000000000${n.toString(16)}`);
  expect(ids.map(shardOf)).toEqual(Array.from({ length: 16 }, (_, n) => n));
});
