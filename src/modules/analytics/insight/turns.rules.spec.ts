import { expect, test } from '@jest/globals';
import { canJoin, refuseLongWait } from './turns.rules.js';

const limits = { all: 5, ofOne: 3 };

test('a wait is refused above the limit of the organization, or of all', () => {
  const refused = { kind: 'resource_exhausted', reason: 'ANALYTICS_QUEUE_FULL' };
  const details = (subject: string) => ({ retryAfterSeconds: 5, quota: { subject } });
  expect(refuseLongWait({ all: 3, ofOne: 3 }, limits)).toMatchObject({
    ...refused,
    details: details('organization'),
  });
  expect(refuseLongWait({ all: 5, ofOne: 0 }, limits)).toMatchObject({
    ...refused,
    details: details('analytics'),
  });
  expect(refuseLongWait({ all: 4, ofOne: 2 }, limits)).toBeUndefined();
});

test('an equal question joins one that waits, or started within the last second', () => {
  expect([canJoin(undefined, 5000), canJoin(4000, 5000), canJoin(3999, 5000)]).toEqual([true, true, false]);
});
