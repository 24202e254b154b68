import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { refuseProperties, type TraitLimits, traitViolations } from './traits-limits.rules.js';

const limits: TraitLimits = { names: 3, fewestOfName: 1, charactersOfText: 10 };

const numbered = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [String(n), 0]));
const nested = (levels: number): JsonObject => (levels === 1 ? { a: 1 } : { a: nested(levels - 1) });

describe('traits of a call', () => {
  test.each<[string, JsonObject]>([
    ['as many names as a contract allows', numbered(3)],
    ['a name and a text of the greatest length', { ['n'.repeat(128)]: 'x'.repeat(10) }],
    ['the last level', nested(8)],
    ['as many names in all as are allowed', { a: numbered(500), b: numbered(498) }],
  ])('are taken with %s', (_what, traits) => {
    expect(traitViolations(traits, limits)).toEqual([]);
  });

  test.each<[string, string, JsonObject]>([
    ['too many names', 'traits', numbered(4)],
    ['an empty name', 'traits', { '': 1 }],
    ['a long name', 'traits', { ['n'.repeat(129)]: 1 }],
    ['a long name inside a list', 'traits["a"]', { a: [{ ['n'.repeat(129)]: 1 }] }],
    ['a long text inside', 'traits["a"]', { a: { b: ['x'.repeat(11)] } }],
    ['one level too many', 'traits["a"]', nested(9)],
    ['lists inside each other', 'traits["a"]', { a: [[[[[[[[1]]]]]]]] }],
    ['too many names in all', 'traits', { a: numbered(500), b: numbered(499) }],
    ['too many bytes', 'traits', { a: Array.from({ length: 6_000 }, () => 'x'.repeat(10)) }],
  ])('are refused with %s', (_what, field, traits) => {
    const violation = { field, description: expect.any(String) as unknown };
    expect(traitViolations(traits, limits)).toEqual([violation]);
  });
});

describe('all traits of a profile', () => {
  test('count each with the names around it', () => {
    const name = 'n'.repeat(1_000);
    expect(refuseProperties({ [name]: numbered(100) })).toBeUndefined();
    expect(refuseProperties({ [name]: numbered(300) })).toMatch(/at most 262144 bytes/);
  });
});
