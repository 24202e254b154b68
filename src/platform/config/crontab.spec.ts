import { describe, expect, test } from '@jest/globals';
import { isCrontab } from './crontab.js';

describe('a crontab', () => {
  test.each(['30 2 * * *', '*/15 * * * *', '0 0-6 1,15 12 0', '0 0 * * 7'])('is %j', (text) => {
    expect(isCrontab(text)).toBe(true);
  });

  test.each([
    '',
    'daily',
    '30 2 * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 8',
    '6-2 * * * *',
    '*/0 * * * *',
    '5/2 * * * *',
    '0 0-6/2 * * *',
    ' 30 2 * * *',
    '1,,2 * * * *',
    '-1 * * * *',
    '30 2 * * * *',
  ])('is not %j', (text) => {
    expect(isCrontab(text)).toBe(false);
  });
});
