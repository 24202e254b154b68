import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { numericReading } from './numeric-reading.rules.js';

describe('the numeric reading of a text', () => {
  test.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '\t1',
    '.',
    '-',
    '+',
    '--1',
    '+-1',
    '1.2.3',
    '1,000',
    '1_000',
    '0x10',
    '0b1',
    '0o7',
    '1n',
    'e5',
    '.e5',
    '1e',
    '1e+',
    '1e1.5',
    '1f',
    'NaN',
    'nan',
    'Infinity',
    '-Infinity',
    'inf',
    'true',
    'null',
    '١٢',
    '１２',
    '½',
    '1e999',
    '-1e999',
    '12px',
    '$5',
    '2026-01-01',
    '10.15.7',
    '\u00001',
    '\ud800',
  ])('refuses %j', (text) => {
    expect(numericReading(text)).toBeUndefined();
  });

  test.each([
    ['0', 0],
    ['-0', -0],
    ['42', 42],
    ['+42', 42],
    ['-42', -42],
    ['007', 7],
    ['29.99', 29.99],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1e+3', 1000],
    ['1e-3', 0.001],
    ['1.5e300', 1.5e300],
    ['1e-999', 0],
    ['9007199254740993', 9007199254740992],
    ['0.1', 0.1],
  ])('of %j is %d', (text, number) => {
    expect(numericReading(text)).toBe(number);
  });

  test('reads every finite number as JavaScript spells it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(numericReading(String(number))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  test('reads nothing that JavaScript would not read as that number', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789+-.eE ') }), (text) => {
        const number = numericReading(text);
        if (number !== undefined) expect(number).toBe(Number(text));
      }),
    );
  });
});
