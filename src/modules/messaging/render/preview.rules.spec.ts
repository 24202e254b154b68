import { expect, test } from '@jest/globals';
import { previewRecipient } from './preview.rules.js';

const member = {
  profile: { first_name: 'Ada', department: 'Line 4' },
  customAttributes: { shoe: '41' },
  preferredLocale: 'es',
};

test('a member without values is shown as they are', () => {
  expect(previewRecipient({}, member)).toEqual({ ...member, variables: {} });
});

test('values win over the profile, and custom ones over attributes, without their prefix', () => {
  const shown = previewRecipient({ first_name: 'Bo', 'custom:shoe': '42' }, member);
  expect(shown.profile).toMatchObject({ first_name: 'Bo', department: 'Line 4' });
  expect(shown.customAttributes).toEqual({ shoe: '42' });
  expect(shown.variables).toEqual({ first_name: 'Bo', 'custom:shoe': '42' });
});

test('nobody in particular has only the values', () => {
  expect(previewRecipient({ name: 'X' }, undefined)).toEqual({
    profile: { name: 'X' },
    customAttributes: {},
    preferredLocale: '',
    variables: { name: 'X' },
  });
});

test('names that objects have by themselves are names like others', () => {
  const values = JSON.parse('{"__proto__": "a", "constructor": "b", "custom:__proto__": "c"}') as Record<
    string,
    string
  >;
  const shown = previewRecipient(values, member);
  expect(Object.hasOwn(shown.profile, '__proto__')).toBe(true);
  expect(shown.profile.constructor).toBe('b');
  expect(Object.entries(shown.customAttributes)).toContainEqual(['__proto__', 'c']);
  expect(Object.entries(shown.variables)).toContainEqual(['__proto__', 'a']);
});
