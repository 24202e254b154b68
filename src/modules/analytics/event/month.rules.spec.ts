import { expect, test } from '@jest/globals';
import { monthOf } from './month.rules.js';

test.each([
  ['1900-01-01 00:00:00.000', 0],
  ['1970-01-01 00:00:00.000', 840],
  ['1970-12-31 23:59:59.999', 851],
  ['2299-12-31 23:59:59.999', 4799],
])('the month of %s is %d', (time, month) => {
  expect(monthOf(time)).toBe(month);
});
