import { expect, test } from '@jest/globals';
import { fullQueue } from './queue-limits.rules.js';

const limits = { total: 100, project: 40 };

test.each([
  [{ total: 100, project: 0 }, 'queue'],
  [{ total: 130, project: 50 }, 'queue'],
  [{ total: 99, project: 40 }, 'project'],
  [{ total: 99, project: 39 }, undefined],
] as const)('%j is full by %j', (use, limit) => {
  expect(fullQueue(use, limits)).toBe(limit);
});
