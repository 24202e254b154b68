import { describe, expect, test } from '@jest/globals';
import { type Counting, doorDefects, isCounted, isRefunded, statusOf } from './door.rules.js';

describe('a request takes a token of its address', () => {
  test.each<[Counting, string, boolean]>([
    ['forms', 'GET', false],
    ['forms', 'HEAD', false],
    ['forms', 'OPTIONS', false],
    ['forms', 'POST', true],
    ['forms', 'PROPFIND', true],
    ['everything', 'GET', true],
    ['everything', 'POST', true],
    ['guesses', 'GET', false],
    ['guesses', 'POST', false],
  ])('of a door that counts %s, by %s: %s', (counts, method, expected) => {
    expect(isCounted(counts, method)).toBe(expected);
  });
});

describe('a token is given back', () => {
  test.each<[Counting, string, number, boolean]>([
    ['forms', 'POST', 200, true],
    ['forms', 'POST', 303, true],
    ['forms', 'POST', 400, false],
    ['forms', 'POST', 500, false],
    ['forms', 'GET', 200, false],
    ['everything', 'POST', 200, false],
    ['guesses', 'POST', 200, false],
  ])('by a door that counts %s, by %s, with %i: %s', (counts, method, status, expected) => {
    expect(isRefunded(counts, method, status)).toBe(expected);
  });
});

test('what may succeed when it is tried again is no fault of the request', () => {
  expect((['aborted', 'unavailable', 'cancelled', 'deadline_exceeded'] as const).map(statusOf)).toEqual(
    Array(4).fill(503),
  );
});

test('a route without a door is named', () => {
  expect(
    doorDefects([
      { method: 'GET', url: '/open', hasDoor: true },
      { method: 'POST', url: '/bare', hasDoor: false },
    ]),
  ).toEqual([expect.stringContaining('POST /bare')]);
});
