import { describe, expect, test } from '@jest/globals';
import { hash } from 'node:crypto';
import { familyOfProjectKey, generateProjectKey, isProjectKey, prefixOfProjectKey } from './index.js';

describe('isProjectKey', () => {
  test.each([
    '',
    'pub_',
    `pub_${'a'.repeat(19)}`,
    `pub_${'a'.repeat(21)}`,
    `pub_${'A'.repeat(20)}`,
    `pub_${'g'.repeat(20)}`,
    `pub_${'a'.repeat(20)}\n`,
    `prv_${'a'.repeat(19)}\0`,
    `prv_' or 1=1 --${'a'.repeat(8)}`,
    `pk_sdk_${'a'.repeat(31)}`,
    `pk_sdk_${'A'.repeat(32)}`,
    `pk_shared_${'é'.repeat(32)}`,
    `pk_${'a'.repeat(32)}`,
    `pidgr_k_${'a'.repeat(49)}`,
  ])('refuses %j', (presented) => {
    expect(isProjectKey(presented)).toBe(false);
  });
});

describe.each([
  ['sdk', /^pk_sdk_[0-9a-z]{32}$/, 36],
  ['shared', /^pk_shared_[0-9a-z]{32}$/, 36],
  ['public', /^pub_[0-9a-f]{20}$/, 16],
  ['private', /^prv_[0-9a-f]{20}$/, 16],
] as const)('a key of the family %s', (family, form, letters) => {
  test('has the form that clients know, and the SHA-256 of the whole is stored', () => {
    const key = generateProjectKey(family);
    expect(key.secret).toMatch(form);
    expect(isProjectKey(key.secret)).toBe(true);
    expect(familyOfProjectKey(key.secret)).toBe(family);
    expect(key.hash.toString('hex')).toBe(hash('sha256', key.secret));
    expect(key.lastFour).toBe(key.secret.slice(-4));
  });

  test('never repeats itself and uses the whole alphabet', () => {
    const secrets = Array.from({ length: 500 }, () => generateProjectKey(family).secret);
    expect(new Set(secrets).size).toBe(500);
    const random = secrets.flatMap((secret) => [...secret.slice(prefixOfProjectKey(family).length)]);
    expect(new Set(random).size).toBe(letters);
  });
});
