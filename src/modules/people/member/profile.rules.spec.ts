import { expect, test } from '@jest/globals';
import { hasProfile, mergedProfile, refuseSize } from './profile.rules.js';

const known = { firstName: 'Ada', title: 'Clerk', customAttributes: { badge: '7', shift: 'night' } };

test('what is empty or absent stays, attributes are merged by key, and one without a value goes', () => {
  expect(mergedProfile(known, { firstName: '', title: 'Chief' })).toEqual({ ...known, title: 'Chief' });
  expect(mergedProfile(known, {})).toEqual(known);
  const customAttributes = { badge: '', constructor: 'x', nothing: '' };
  expect(mergedProfile(known, { customAttributes })).toEqual({
    ...known,
    customAttributes: { shift: 'night', constructor: 'x' },
  });
  expect(mergedProfile({}, { customAttributes: {} })).toEqual({});
});

test('the order of attributes makes no difference', () => {
  expect(hasProfile(known, { customAttributes: { shift: 'night', badge: '7' } })).toBe(true);
  expect(hasProfile(known, { customAttributes: { badge: '8' } })).toBe(false);
});

test('a profile holds fifty attributes', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
  expect(refuseSize({ customAttributes: many(50) })).toBeUndefined();
  expect(refuseSize({ customAttributes: many(51) })?.kind).toBe('invalid_argument');
});
