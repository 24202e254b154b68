import { expect, test } from '@jest/globals';
import { insertFailure } from './insert-failure.rules.js';

test.each([
  ['27', 'refused'],
  ['53', 'refused'],
  ['117', 'refused'],
  ['130', 'refused'],
  ['241', 'strained'],
  ['ECONNRESET', 'strained'],
  ['', 'strained'],
  [undefined, 'strained'],
  ['ECONNREFUSED', 'away'],
  ['203', 'away'],
  ['243', 'away'],
  ['279', 'away'],
  ['252', 'away'],
  ['242', 'away'],
] as const)('an insert that fails with %j is %s', (code, failure) => {
  expect(insertFailure({ code })).toBe(failure);
});

test('an insert that did not reach the engine is away', () => {
  expect(insertFailure({ kind: 'unavailable' })).toBe('away');
});
