import { describe, expect, test } from '@jest/globals';
import { fewerEvents, firstReach, firstDay, needsFewer, reaches, sinceOf } from './feed.rules.js';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 30, 12);

describe('sinceOf', () => {
  test.each([
    ['an hour before now', 0, { now }, now - HOUR],
    ['an hour before the end of the range', 0, { now, to: now - 5 * HOUR }, now - 6 * HOUR],
    ['an hour before now, when the range ends later', 0, { now, to: now + 5 * HOUR }, now - HOUR],
    ['an hour before the place of the page', 0, { now, to: now, after: now - 2 * HOUR }, now - 3 * HOUR],
    ['a day before now', 1, { now, from: 0 }, now - 24 * HOUR],
    ['everywhere, when the range begins later', 1, { now, from: now - 2 * HOUR }, undefined],
    ['everywhere, when the range begins there', 0, { now, from: now - HOUR }, undefined],
    ['an hour before the person was last seen', 0, { now, lastSeen: now - 9 * HOUR }, now - 10 * HOUR],
    ['everywhere, when the person was first seen later', 1, { now, firstSeen: now - 2 * HOUR }, undefined],
    ['everywhere, in the last step', reaches.length - 1, { now }, undefined],
    ['everywhere, in a step that a later release has', 99, { now }, undefined],
  ])('looks %s', (_, reach, bounds, since) => {
    expect(sinceOf(reach, bounds)).toBe(since);
  });
});

test('a feed of many conditions is looked for everywhere at once', () => {
  expect(firstReach(100, false)).toBe(0);
  expect(sinceOf(firstReach(101, false), { now })).toBeUndefined();
  expect(sinceOf(firstReach(101, true), { now })).toBeUndefined();
});

test('the feed of a person is looked for in a day at first', () => {
  expect(sinceOf(firstReach(0, true), { now })).toBe(now - 24 * HOUR);
});

describe('a page whose events are too wide', () => {
  test('shrinks to one event, and no further', () => {
    expect(fewerEvents(1_000)).toBe(125);
    expect(fewerEvents(7)).toBe(1);
    expect(fewerEvents(1)).toBeUndefined();
  });

  test('is told by the code of the engine', () => {
    expect(needsFewer(new Error('x', { cause: { code: '396' } }))).toBe(true);
    expect(needsFewer(new Error('x', { cause: { code: '158' } }))).toBe(false);
    expect(needsFewer(new Error('x'))).toBe(false);
  });
});

test('a heatmap begins at a midnight of UTC, 60 days ago', () => {
  expect(firstDay(now)).toBe(Date.UTC(2026, 9, 1));
  expect(firstDay(Date.UTC(2026, 10, 30))).toBe(Date.UTC(2026, 9, 1));
});
