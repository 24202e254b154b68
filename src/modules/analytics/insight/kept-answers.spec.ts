import { describe, expect, test } from '@jest/globals';
import { KeptAnswers } from './kept-answers.js';

const now = 1_000_000;
const values = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('kept answers', () => {
  test('are of one version, and a minute old at most', () => {
    const kept = new KeptAnswers();
    kept.keep('a', 1, { answer: 7, now });
    expect(kept.find('a', 1, now + 59_999)).toBe(7);
    expect(kept.find('b', 1, now)).toBeUndefined();
    expect(kept.find('a', 1, now + 60_000)).toBeUndefined();
    kept.keep('a', 1, { answer: 7, now });
    expect(kept.find('a', 2, now)).toBeUndefined();
    kept.keep('a', 2, { answer: 8, now });
    kept.keep('a', 1, { answer: 7, now });
    expect(kept.find('a', 2, now)).toBe(8);
  });

  test('are not long', () => {
    const kept = new KeptAnswers();
    kept.keep('long', 1, { answer: values(20_000), now });
    kept.keep('text', 1, { answer: ['x'.repeat(32 * 20_000)], now });
    expect([kept.find('long', 1, now), kept.find('text', 1, now)]).toEqual([undefined, undefined]);
  });

  test('make place for newer ones, the oldest first', () => {
    const kept = new KeptAnswers();
    const keys = values(30).map(String);
    for (const key of keys) kept.keep(key, 1, { answer: values(19_000), now });
    expect(keys.filter((key) => kept.find(key, 1, now) !== undefined)).toEqual(keys.slice(-26));
  });
});
