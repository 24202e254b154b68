import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { integers, utcTime } from './text-values.js';

const usual = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);

describe('a time of PostgreSQL', () => {
  test.each([
    '2026-11-30 00:12:45+00',
    '2026-11-30 00:12:45.1+00',
    '2026-11-30 23:59:59.12+00',
    '2024-02-29 12:00:00.123+00',
    '1969-12-31 23:59:59.999+00',
    '0100-01-01 00:00:00+00',
    '9999-12-31 23:59:59.5+00',
  ])('%s is read as pg reads it', (text) => {
    expect(utcTime(text)).toEqual(usual(text));
  });

  test('is cut to the millisecond', () => {
    expect(utcTime('2026-11-30 00:12:45.123999+00')?.toISOString()).toBe('2026-11-30T00:12:45.123Z');
    expect(utcTime('2026-11-30 00:12:45.000999+00')?.toISOString()).toBe('2026-11-30T00:12:45.000Z');
  });

  test('of every millisecond is read as pg reads it', () => {
    for (let ms = 0; ms < 1000; ms += 1) {
      const text = `2026-11-30 00:12:45.${String(ms).padStart(3, '0')}+00`;
      expect(utcTime(text)?.getTime()).toBe(Date.UTC(2026, 10, 30, 0, 12, 45, ms));
    }
  });

  test.each([
    'infinity',
    '-infinity',
    '2026-11-30 00:12:45+02',
    '2026-11-30 00:12:45.5+05:30',
    '0044-03-15 12:00:00+00 BC',
    '0044-03-15 12:00:00+00',
    '12026-11-30 00:12:45+00',
    '2026-11-30',
    'today at noon, or thereabouts+00',
  ])('%s is left to pg', (text) => {
    expect(utcTime(text)).toBeUndefined();
  });
});

describe('an array of integers', () => {
  test.each([
    ['{}', []],
    ['{1}', [1]],
    ['{1,-2,30}', [1, -2, 30]],
  ])('%s is read', (text, expected) => {
    expect(integers(text)).toEqual(expected);
  });

  test.each(['{NULL}', '{1,NULL}', '{{1,2},{3,4}}', '[0:1]={1,2}'])('%s is left to pg', (text) => {
    expect(integers(text)).toBeUndefined();
  });
});
