import { describe, expect, test } from '@jest/globals';
import { correct, refuseCorrections } from './correction.rules.js';

const member = { name: 'Erin', profile: { title: 'Clerk', customAttributes: { badge: '7' } } };

describe('corrections are refused', () => {
  test.each([
    'constructor',
    'toString',
    'hasOwnProperty',
    '__proto__',
    'custom:__proto__',
    'custom:',
    'email',
    'firstName',
    `custom:${'k'.repeat(94)}`,
  ])('of %s, which is no field', (field) => {
    expect(refuseCorrections({ [field]: 'x' })?.details.violations).toEqual([
      { field: `corrections[${JSON.stringify(field)}]`, description: 'is no field that can be corrected' },
    ]);
  });

  test.each([
    ['name', '  '],
    ['first_name', 'Erin\u202E'],
    ['title', 'x'.repeat(201)],
    ['start_date', '2025-02-30'],
  ])('of %s to %j', (field, value) => {
    expect(refuseCorrections({ [field]: value })?.kind).toBe('invalid_argument');
  });
});

test('corrections put names in their form, and set or remove attributes called as objects’ members are', () => {
  const corrections = { name: ' Erin  Miller', title: '', 'custom:constructor': 'x', 'custom:badge': '' };
  expect(refuseCorrections(corrections)).toBeUndefined();
  expect(correct(member, corrections)).toEqual({
    name: 'Erin Miller',
    profile: { title: undefined, customAttributes: { constructor: 'x' } },
    changed: ['custom:badge', 'custom:constructor', 'name', 'title'],
  });
  expect(correct(member, { 'custom:toString': '', name: 'Erin ' }).changed).toEqual([]);
});
