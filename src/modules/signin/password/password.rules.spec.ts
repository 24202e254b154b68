import { describe, expect, test } from '@jest/globals';
import { refuseGuess, refusePasswordsOff, takesPasswords } from './password.rules.js';

const now = new Date('2026-11-30T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const none = { byClient: 0, byClientSince: null, byAll: 0, byAllSince: null };

describe('a guess', () => {
  test('is refused to a client after five, until the first is 15 minutes old', () => {
    expect(refuseGuess({ ...none, byClient: 4, byClientSince: minutesAgo(10) }, now)).toBeUndefined();
    const refusal = refuseGuess({ ...none, byClient: 5, byClientSince: minutesAgo(10) }, now);
    expect(refusal).toMatchObject({ reason: 'TOO_MANY_PASSWORDS', details: { retryAfterSeconds: 300 } });
  });

  test('is refused to every client after a hundred, until the first is a day old', () => {
    expect(refuseGuess({ ...none, byAll: 99, byAllSince: minutesAgo(60) }, now)).toBeUndefined();
    const refusal = refuseGuess({ ...none, byAll: 100, byAllSince: minutesAgo(60) }, now);
    expect(refusal?.details.retryAfterSeconds).toBe(23 * 3600);
  });
});

test('an organization that has decided does not follow the default', () => {
  expect(takesPasswords(null, true)).toBe(true);
  expect(takesPasswords(null, false)).toBe(false);
  expect(takesPasswords(false, true)).toBe(false);
  expect(takesPasswords(true, false)).toBe(true);
});

test('a password cannot be set where it would be of no use', () => {
  expect(refusePasswordsOff(true)).toBeUndefined();
  expect(refusePasswordsOff(false)?.reason).toBe('PASSWORDS_OFF');
});
