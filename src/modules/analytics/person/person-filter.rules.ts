import { AppError } from '../../../platform/errors/index.js';
import type { Condition } from '../insight/index.js';
import type { LatestProperty } from './person.js';

const latestNames: ReadonlyMap<string, LatestProperty> = new Map([
  ['$browser', 'browser'],
  ['$browserVersion', 'browser_version'],
  ['$os', 'os'],
  ['$osVersion', 'os_version'],
  ['$device', 'device'],
  ['$country', 'country'],
  ['$region', 'region'],
  ['$city', 'city'],
]);

const textOperators: ReadonlySet<Condition['operator']> = new Set([
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'is_set',
  'is_not_set',
  'in',
  'not_in',
]);

/** Every condition is looked at for every person. */
const MOST_CONDITIONS = 50;

/** The property of the latest event that an automatic one stands for; undefined for others, and for numeric conditions. */
export function latestPropertyOf(name: string, operator: Condition['operator']): LatestProperty | undefined {
  return textOperators.has(operator) ? latestNames.get(name) : undefined;
}

export function refuseManyConditions(conditions: number): AppError | undefined {
  return conditions > MOST_CONDITIONS
    ? invalidFilter('filter_groups', `must have at most ${MOST_CONDITIONS} conditions in all`)
    : undefined;
}

export function invalidFilter(field: string, description: string): AppError {
  return new AppError('invalid_argument', 'INVALID_PROFILE_FILTER', 'invalid filters', {
    violations: [{ field, description }],
  });
}
