import { expect, test } from '@jest/globals';
import { isDue, isRetired } from './token.rules.js';

const DAY_MS = 86_400_000;
const made = new Date('2026-01-01T00:00:00Z');
const after = (days: number, ms = 0): Date => new Date(made.getTime() + days * DAY_MS + ms);

test.each([
  [after(0), false],
  [after(90, -1), false],
  [after(90), true],
  [after(365), true],
])('at %s the key is due: %s', (now, due) => {
  expect(isDue({ createdAt: made, replacedAt: null }, now)).toBe(due);
});

test.each([
  [null, after(1_000), false],
  [made, after(7, -1), false],
  [made, after(7), true],
])('replaced at %s, at %s the key is no longer believed: %s', (replacedAt, now, retired) => {
  expect(isRetired({ createdAt: made, replacedAt }, now)).toBe(retired);
});
