import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  equalSecrets,
  generateOneTimeCode,
  generateToken,
  hashOneTimeCode,
  hashSecret,
  hashToken,
} from './index.js';

test('equalSecrets agrees with equality, also for different lengths', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(equalSecrets(a, b)).toBe(a === b);
      expect(equalSecrets(Buffer.from(a), a)).toBe(true);
    }),
  );
});

test('hashSecret is SHA-256', () => {
  expect(hashSecret('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

describe('tokens', () => {
  test('cannot be short', () => {
    expect(() => generateToken(15)).toThrow(RangeError);
  });

  test('are URL-safe, differ, and are found by their hash', () => {
    const token = generateToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(generateToken()).not.toBe(token);
    expect(hashToken(token)).toEqual(hashSecret(token));
  });
});

describe('one-time codes', () => {
  const pepper = randomBytes(32);

  test('need a pepper worth the name', () => {
    expect(() => hashOneTimeCode({ code: '123456', pepper: Buffer.alloc(31), context: '' })).toThrow(
      RangeError,
    );
  });

  test('have six digits, leading zeros included', () => {
    const codes = Array.from({ length: 500 }, generateOneTimeCode);
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(new Set(codes.map((code) => code[0])).size).toBe(10);
  });

  test('hash differently for another code, address or pepper', () => {
    const base = { code: '123456', pepper, context: 'alice@acme.example' };
    const hashes = [
      base,
      { ...base, code: '123457' },
      { ...base, context: 'bob@acme.example' },
      { ...base, pepper: randomBytes(32) },
    ].map((input) => hashOneTimeCode(input).toString('hex'));
    expect(new Set(hashes).size).toBe(4);
    expect(hashOneTimeCode(base).toString('hex')).toBe(hashes[0]);
  });
});
