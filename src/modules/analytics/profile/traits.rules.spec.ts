import { describe, expect, test } from '@jest/globals';
import { flatTraits, storedTraits } from './traits.rules.js';

const read = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);

describe('stored traits', () => {
  test('lack the address of the person, at the top', () => {
    expect(storedTraits({ $ip: '192.0.2.1', plan: 'pro', seen: { $ip: 'x' } })).toEqual({
      plan: 'pro',
      seen: { $ip: 'x' },
    });
  });

  test('have no characters that PostgreSQL lacks, at any depth', () => {
    expect(storedTraits({ a: 'x\0', 'b\0': [{ c: '\ud800' }], d: null, e: 1, f: true })).toEqual({
      a: 'x\uFFFD',
      'b\uFFFD': [{ c: '\uFFFD' }],
      d: null,
      e: 1,
      f: true,
    });
  });
});

describe('flat traits', () => {
  test('are texts by dotted path, without nulls', () => {
    const { properties } = flatTraits({ a: { b: { c: 'x' } }, list: [1, 'y'], no: null, on: true }, read);
    expect(properties).toEqual({ 'a.b.c': 'x', list: '[1,"y"]', on: 'true' });
  });

  test('have the numbers of numbers and of texts that spell one', () => {
    const { numbers, numericTexts } = flatTraits(
      { age: 42, spelled: '7', name: 'ann', on: true, in: { depth: 3 } },
      read,
    );
    expect(numbers).toEqual({ age: 42, spelled: 7, 'in.depth': 3 });
    expect(numericTexts).toEqual(['spelled']);
  });

  test('can have the names of members of objects', () => {
    const traits = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    expect(Object.entries(flatTraits(traits, read).properties)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
