import { describe, expect, test } from '@jest/globals';
import { canJoin, nextTurn, refuseLongWait } from './turns.rules.js';

const limits = { running: 4, runningOfOne: 3, waiting: 5, waitingOfOne: 3 };
const load = (running: number, waiting: number) => ({ running, waiting });

describe('the next turn', () => {
  test.each<[string, [string, ReturnType<typeof load>][], string | undefined]>([
    ['is no one’s when none waits', [['a', load(1, 0)]], undefined],
    [
      'is no one’s when all places are taken',
      [
        ['a', load(3, 1)],
        ['b', load(1, 1)],
      ],
      undefined,
    ],
    ['is not of one that has as many as it may', [['a', load(3, 9)]], undefined],
    [
      'is of the other when one has as many as it may',
      [
        ['a', load(3, 9)],
        ['b', load(0, 1)],
      ],
      'b',
    ],
    [
      'is of the one with fewer that run',
      [
        ['a', load(2, 9)],
        ['b', load(1, 1)],
      ],
      'b',
    ],
    [
      'is of the first among equals',
      [
        ['c', load(0, 0)],
        ['b', load(1, 1)],
        ['a', load(1, 9)],
      ],
      'b',
    ],
  ])('%s', (_, loads, next) => {
    expect(nextTurn(loads, limits)).toBe(next);
  });
});

test('a wait is refused above the limit of the organization, or of all', () => {
  const refused = { kind: 'resource_exhausted', reason: 'ANALYTICS_QUEUE_FULL' };
  const details = (subject: string) => ({ retryAfterSeconds: 5, quota: { subject } });
  expect(refuseLongWait(4, 4, limits)).toMatchObject({ ...refused, details: details('organization') });
  expect(refuseLongWait(1, 6, limits)).toMatchObject({ ...refused, details: details('analytics') });
  expect(refuseLongWait(3, 5, limits)).toBeUndefined();
});

test('an equal question joins one that waits, or started within the last second', () => {
  expect([canJoin(undefined, 5000), canJoin(4000, 5000), canJoin(3999, 5000)]).toEqual([true, true, false]);
});
