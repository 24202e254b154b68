import { describe, expect, test } from '@jest/globals';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { generateApiKey, readApiKey } from './index.js';

describe('readApiKey', () => {
  test.each([
    '',
    'pidgr_k_',
    'pidgr_x_abcdefghijklmnop',
    `pidgr_k_${'é'.repeat(49)}`,
    `pidgr_k_${'a'.repeat(49)}`,
  ])('refuses %j', (presented) => {
    expect(readApiKey(presented)).toBeUndefined();
  });

  test('refuses every change of one character', () => {
    const { secret } = generateApiKey('pidgr_k_');
    fc.assert(
      fc.property(fc.nat(secret.length - 1), fc.constantFrom(...'aZ09_-'), (at, other) => {
        fc.pre(secret[at] !== other);
        expect(readApiKey(secret.slice(0, at) + other + secret.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  test.each(['pidgr_k_', 'pidgr_scim_'] as const)('accepts what generateApiKey(%j) made', (prefix) => {
    const key = generateApiKey(prefix);
    expect(readApiKey(key.secret)).toEqual({ prefix, hash: key.hash });
  });
});

describe('generateApiKey', () => {
  test('shows the type, eight characters and the last four, and stores the SHA-256 of the whole', () => {
    const key = generateApiKey('pidgr_k_');
    expect(key.secret).toMatch(/^pidgr_k_[0-9A-Za-z]{49}$/);
    expect(key.displayPrefix).toBe(key.secret.slice(0, 'pidgr_k_'.length + 8));
    expect(key.lastFour).toBe(key.secret.slice(-4));
    expect(key.hash.toString('hex')).toBe(hash('sha256', key.secret));
  });

  test('never repeats itself and uses the whole alphabet', () => {
    const secrets = Array.from({ length: 500 }, () => generateApiKey('pidgr_k_').secret);
    expect(new Set(secrets).size).toBe(500);
    expect(new Set(secrets.flatMap((secret) => [...secret.slice(8)])).size).toBe(62);
  });
});
