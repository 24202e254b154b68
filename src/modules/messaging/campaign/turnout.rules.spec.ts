import { expect, test } from '@jest/globals';
import { asksForCheck, isSerialized } from './turnout.rules.js';

test('acknowledgements are serialized near the end, and concurrent before', () => {
  expect([undefined, 100_000, 1_001].map(isSerialized)).toEqual([false, false, false]);
  expect([1_000, 1, 0, -1].map(isSerialized)).toEqual([true, true, true, true]);
});

test('of serialized ones, the one that finds none missing asks for a check, and those behind it do not', () => {
  const missing = [undefined, 1_000, 1, 0, -1, -3];
  expect(missing.map((count) => asksForCheck(count, true))).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
});

test('a concurrent one asks for a check when those in flight could be all that are missing', () => {
  const missing = [undefined, 100_000, 501, 500, 0];
  expect(missing.map((count) => asksForCheck(count, false))).toEqual([false, false, false, true, true]);
});
