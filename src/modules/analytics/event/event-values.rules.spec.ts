import { describe, expect, test } from '@jest/globals';
import { isLongerThan, isUuid, millisecondsOf, refuseTime } from './event-values.rules.js';

describe('a UUID', () => {
  test.each([
    '',
    'abc',
    '0190f0a0-0000-4000-8000-00001234567',
    '0190f0a0-0000-4000-8000-0000123456789',
    '0190f0a0_0000-4000-8000-000012345678',
    'g190f0a0-0000-4000-8000-000012345678',
  ])('is not %j', (text) => expect(isUuid(text)).toBe(false));
  test.each([
    '0190f0a0-0000-4000-8000-000012345678',
    '0190F0A0-0000-4000-8000-000012345678',
    '00000000-0000-0000-0000-000000000000',
  ])('is %j', (text) => expect(isUuid(text)).toBe(true));
});

test.each([
  ['', 0, false],
  ['ab', 1, true],
  ['ab', 2, false],
  ['🐦🐦', 2, false],
  ['🐦🐦', 1, true],
  ['🐦a🐦', 2, true],
  ['x'.repeat(1_000_000), 1024, true],
])('%j is longer than %d characters: %p', (text, characters, expected) => {
  expect(isLongerThan(text, characters)).toBe(expected);
});

describe('a time', () => {
  test.each([
    [-62_135_596_801n, 0],
    [253_402_300_800n, 0],
    [0n, -1],
    [0n, 1_000_000_000],
  ])('of %d s and %d ns does not exist', (seconds, nanos) => {
    expect(refuseTime({ seconds, nanos })).toContain('exists');
  });

  test.each([
    [-62_135_596_800n, 0, -62_135_596_800_000],
    [0n, 999_999, 0],
    [1n, 1_999_999, 1001],
    [253_402_300_799n, 999_999_999, 253_402_300_799_999],
  ])('of %d s and %d ns is %d ms', (seconds, nanos, ms) => {
    expect(refuseTime({ seconds, nanos })).toBeUndefined();
    expect(millisecondsOf({ seconds, nanos })).toBe(ms);
  });
});
