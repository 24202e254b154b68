import { expect, test } from '@jest/globals';
import { isWithinCeiling } from './permission-ceiling.rules.js';

const usual = [11, 12];

test.each([
  ['less than whoever set it up', [2], [1, 2], true],
  ['what everybody may', [11], [2], true],
  ['as much', [2, 11], [2], true],
  ['more', [2, 5], [2], false],
  ['something else', [5], [2], false],
])('somebody who may do %s', (_what, permissions, ceiling, within) => {
  expect(isWithinCeiling({ unrestricted: false, ceiling }, permissions, usual)).toBe(within);
  expect(isWithinCeiling({ unrestricted: true, ceiling }, permissions, usual)).toBe(true);
});
