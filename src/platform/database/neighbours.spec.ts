import { expect, test } from '@jest/globals';
import { Neighbours } from './neighbours.js';

function atTime() {
  const clock = { now: 0 };
  return { clock, neighbours: new Neighbours(() => clock.now) };
}

test('an organization has no neighbour before another one asks, however often it asks itself', () => {
  const { neighbours } = atTime();
  expect(neighbours.has('a')).toBe(false);
  neighbours.note('a');
  neighbours.note('a');
  expect([neighbours.has('a'), neighbours.has('b')]).toEqual([false, true]);
});

test('a neighbour counts for five seconds after it asked last, while the other goes on asking', () => {
  const { clock, neighbours } = atTime();
  neighbours.note('b');
  neighbours.note('a');
  clock.now = 4_999;
  neighbours.note('a');
  expect(neighbours.has('a')).toBe(true);
  clock.now = 5_000;
  expect([neighbours.has('a'), neighbours.has('b')]).toEqual([false, true]);
  neighbours.note('b');
  expect(neighbours.has('a')).toBe(true);
});
