import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration } from './index.js';

const HOUR = 3_600_000;

test.each([
  '',
  ' ',
  '72',
  'h',
  '.h',
  '72 h',
  '-1h',
  '+1h',
  '1d',
  '1H',
  '1h 30m',
  '1e3h',
  '1..5h',
  'Infinityh',
  '١h',
])('refuses %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('refuses a text of digits without reading it', () => {
  expect(parseDuration('9'.repeat(1_000_000) + 'h')).toBeUndefined();
});

test.each([
  ['72h', 72 * HOUR],
  ['1h30m', 1.5 * HOUR],
  ['1.5h', 1.5 * HOUR],
  ['.5h', HOUR / 2],
  ['1.h', HOUR],
  ['90s', 90_000],
  ['1m0.1s0.2s', 60_300],
  ['250ms', 250],
  ['1500us', 1.5],
  ['1500µs', 1.5],
  ['0', 0],
])('reads %j as Go does', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test('adds its terms', () => {
  const amount = fc.nat(10_000);
  fc.assert(
    fc.property(amount, amount, amount, (h, m, s) => {
      expect(parseDuration(`${h}h${m}m${s}s`)).toBe(h * HOUR + m * 60_000 + s * 1000);
    }),
  );
});
