import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PropertyValue } from './event-record.js';
import { numberOf, textOf, typeNumbers, typeOfNumber, valueOf } from './property-text.rules.js';

const anyValue: fc.Arbitrary<PropertyValue> = fc.oneof(
  fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('integer' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({
    type: fc.constant('double' as const),
    // The text of negative zero is that of zero.
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  }),
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({
    type: fc.constant('timestamp' as const),
    value: fc.date({
      noInvalidDate: true,
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
    }),
  }),
);

describe('the text of a value', () => {
  test.each<[PropertyValue, string]>([
    [{ type: 'string', value: '' }, ''],
    [{ type: 'string', value: ' 042 ' }, ' 042 '],
    [{ type: 'integer', value: 9223372036854775807n }, '9223372036854775807'],
    [{ type: 'integer', value: -1n }, '-1'],
    [{ type: 'double', value: 42 }, '42'],
    [{ type: 'double', value: 0.1 }, '0.1'],
    [{ type: 'double', value: 1e21 }, '1e+21'],
    [{ type: 'double', value: 1e-7 }, '1e-7'],
    [{ type: 'double', value: -0 }, '0'],
    [{ type: 'boolean', value: true }, 'true'],
    [{ type: 'boolean', value: false }, 'false'],
    [{ type: 'timestamp', value: new Date(1_700_000_000_123) }, '2023-11-14T22:13:20.123Z'],
  ])('%o is %j', (value, text) => {
    expect(textOf(value)).toBe(text);
  });

  test('with its type gives the value back', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(valueOf(textOf(value), typeOfNumber(typeNumbers[value.type]))).toEqual(value);
      }),
    );
  });

  test.each([
    ['1.5', 'integer'],
    ['', 'integer'],
    ['', 'double'],
    ['NaN', 'double'],
    ['yes', 'boolean'],
    ['yesterday', 'timestamp'],
  ] as const)('%j is no %s, and is read as a string', (text, type) => {
    expect(valueOf(text, type)).toEqual({ type: 'string', value: text });
  });
});

describe('the number of a value', () => {
  test.each<[PropertyValue, number | undefined]>([
    [{ type: 'string', value: 'abc' }, undefined],
    [{ type: 'boolean', value: true }, undefined],
    [{ type: 'timestamp', value: new Date(5) }, undefined],
    [{ type: 'double', value: NaN }, undefined],
    [{ type: 'double', value: Infinity }, undefined],
    [{ type: 'string', value: '29.99' }, 29.99],
    [{ type: 'integer', value: 12n }, 12],
    [{ type: 'integer', value: 9007199254740993n }, 9007199254740992],
    [{ type: 'double', value: 0.5 }, 0.5],
  ])('%o is %p', (value, number) => {
    expect(numberOf(value)).toBe(number);
  });

  test('is that of its text, for every number', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        if (value.type !== 'integer' && value.type !== 'double') return;
        expect(numberOf(value)).toBe(numberOf({ type: 'string', value: textOf(value) }));
      }),
    );
  });
});

test('an unknown type number is read as a string', () => {
  expect(typeOfNumber(undefined)).toBe('string');
  expect(typeOfNumber(99)).toBe('string');
});
