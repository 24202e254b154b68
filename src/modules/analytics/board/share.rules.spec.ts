import { describe, expect, test } from '@jest/globals';
import { isLive, refuseEnd } from './share.rules.js';

const now = new Date('2026-03-01T10:00:00Z');
const later = new Date(now.getTime() + 1);

describe('a link', () => {
  test.each([
    ['without an end', { enabled: true, expiresAt: null }, true],
    ['before its end', { enabled: true, expiresAt: later }, true],
    ['at its end', { enabled: true, expiresAt: now }, false],
    ['turned off', { enabled: false, expiresAt: null }, false],
    ['turned off, before its end', { enabled: false, expiresAt: later }, false],
  ])('%s works: %#', (_, share, works) => expect(isLive(share, now)).toBe(works));

  test('ends in the future', () => {
    expect(refuseEnd(later, now)).toBeUndefined();
    expect(refuseEnd(now, now)).toMatchObject({ kind: 'invalid_argument' });
  });
});
