import { describe, expect, test } from '@jest/globals';
import { invalidFilter, latestPropertyOf, refuseManyConditions } from './person-filter.rules.js';

describe('a filter on the latest event', () => {
  test.each([
    ['$browser', 'equals', 'browser'],
    ['$osVersion', 'not_in', 'os_version'],
    ['$country', 'is_not_set', 'country'],
    ['$browserVersion', 'gt', undefined],
    ['$city', 'between', undefined],
    ['$url', 'equals', undefined],
    ['browser', 'equals', undefined],
  ] as const)('%s %s is about %s', (name, operator, expected) => {
    expect(latestPropertyOf(name, operator)).toBe(expected);
  });
});

test('more than fifty conditions are refused', () => {
  expect(refuseManyConditions(50)).toBeUndefined();
  expect(refuseManyConditions(51)).toMatchObject({ reason: 'INVALID_PROFILE_FILTER' });
});

test('a refusal names the field', () => {
  expect(invalidFilter('filter_groups[0]', 'is wrong').details.violations).toEqual([
    { field: 'filter_groups[0]', description: 'is wrong' },
  ]);
});
