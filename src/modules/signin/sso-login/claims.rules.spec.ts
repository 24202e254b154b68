import { describe, expect, test } from '@jest/globals';
import { areGroupsWithheld, attributesOf, isVerified, storable } from './claims.rules.js';

describe('claims', () => {
  test('are attributes: texts, numbers and lists, without what is nested or empty', () => {
    expect(
      attributesOf({
        sub: 'a',
        level: 3,
        admin: false,
        groups: ['x', 1, { y: 1 }, ['z'], null],
        address: { city: 'x' },
        none: null,
        empty: [],
      }),
    ).toEqual({ sub: ['a'], level: ['3'], admin: ['false'], groups: ['x', '1'] });
  });

  test('keep an empty text, which is said', () => {
    expect(attributesOf({ name: '' })).toEqual({ name: [''] });
  });

  test('have at most a thousand values', () => {
    expect(attributesOf({ groups: Array.from({ length: 5_000 }, String) }).groups).toHaveLength(1_000);
  });

  test('lose what a database cannot keep, in names as well', () => {
    expect(attributesOf({ 'na\0me': 'A\0da\ud800' })).toEqual({ name: ['Ada\ufffd'] });
    expect(storable('😀')).toBe('😀');
  });

  test('cannot change what objects are', () => {
    const attributes = attributesOf(JSON.parse('{"__proto__": "x"}') as Record<string, unknown>);
    expect(Object.entries(attributes)).toEqual([['__proto__', ['x']]]);
  });
});

test.each([
  [{}, undefined],
  [{ email_verified: true }, true],
  [{ email_verified: 'true' }, true],
  [{ email_verified: 'True' }, false],
  [{ email_verified: false }, false],
  [{ email_verified: 1 }, false],
  [{ email_verified: null }, false],
])('%j says of the address: verified is %s', (claims, verified) => {
  expect(isVerified(claims)).toBe(verified);
});

test.each([
  [{}, '', false],
  [{ hasgroups: true }, 'roles', true],
  [{ hasgroups: 'true' }, '', true],
  [{ hasgroups: 'no' }, '', false],
  [{ _claim_names: { groups: 'src1' } }, '', true],
  [{ _claim_names: { groups: 'src1' } }, 'roles', false],
  [{ _claim_names: { roles: 'src1' } }, 'roles', true],
  [{ _claim_names: {} }, 'toString', false],
  [{ _claim_names: 'groups' }, '', false],
  [{ _claim_names: null }, '', false],
])('%j with groups in %j: withheld is %s', (claims, attribute, withheld) => {
  expect(areGroupsWithheld(claims, attribute)).toBe(withheld);
});
