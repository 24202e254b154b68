import { expect, test } from '@jest/globals';
import { namedProfile } from './name.rules.js';

test.each([
  ['Ada Lovelace', { firstName: 'Ada', lastName: 'Lovelace' }],
  ['Ada', { firstName: 'Ada' }],
  ['  Ludwig   van Beethoven ', { firstName: 'Ludwig', lastName: 'van Beethoven' }],
  ['Lovelace, Ada Augusta', { firstName: 'Ada Augusta', lastName: 'Lovelace' }],
  ['Prof. Dr. Ada Lovelace', { firstName: 'Ada', lastName: 'Lovelace' }],
  ['Lovelace, Dr. Ada', { firstName: 'Ada', lastName: 'Lovelace' }],
  ['Dr.', { firstName: 'Dr.' }],
  ['Ada,', { firstName: 'Ada,' }],
  ['山田太郎', { firstName: '山田太郎' }],
  ['', {}],
])('%j is %j', (name, profile) => {
  expect(namedProfile({}, name)).toEqual(profile);
});

test('a profile that says a name keeps it', () => {
  expect(namedProfile({ firstName: 'Ida', title: 'CTO' }, 'Ada Lovelace')).toEqual({
    firstName: 'Ida',
    title: 'CTO',
  });
  expect(namedProfile({ lastName: 'King' }, 'Ada Lovelace')).toEqual({ lastName: 'King' });
});
