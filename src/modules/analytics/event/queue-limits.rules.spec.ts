import { expect, test } from '@jest/globals';
import { fullQueue } from './queue-limits.rules.js';

const limits = { total: 100, organization: 60, project: 40 };

test.each([
  [{ total: 100, organization: 0, project: 0 }, 'queue'],
  [{ total: 130, organization: 60, project: 50 }, 'queue'],
  [{ total: 99, organization: 60, project: 0 }, 'organization'],
  [{ total: 99, organization: 59, project: 40 }, 'project'],
  [{ total: 99, organization: 59, project: 39 }, undefined],
] as const)('%j is full by %j', (use, limit) => {
  expect(fullQueue(use, limits)).toBe(limit);
});
