import { expect, test } from '@jest/globals';
import { challengeExpiry, isAllowedOrigin, isSameKind, refuseOverLimit, wentBack } from './passkey.rules.js';
import type { VerifiedUse } from './passkey.js';

test.each([
  [0, 0, false],
  [0, 1, false],
  [5, 6, false],
  [5, 5, true],
  [5, 4, true],
  [5, 0, true],
])('an authenticator that said %i and says %i went back: %s', (known, said, back) => {
  expect(wentBack({ signCount: known }, { signCount: said })).toBe(back);
});

const allowed = ['https://dovecote.example', 'http://localhost:*', 'android:apk-key-hash:abc'];
test.each([
  ['https://dovecote.example', true],
  ['https://dovecote.example:443', false],
  ['https://dovecote.example/', false],
  ['https://DOVECOTE.example', false],
  ['https://dovecote.example.evil.example', false],
  ['http://dovecote.example', false],
  ['http://localhost', true],
  ['http://localhost:4000', true],
  ['http://localhost:123456', false],
  ['http://localhost:', false],
  ['https://localhost:4000', false],
  ['http://localhost:4000.evil.example', false],
  ['http://localhost:4000@evil.example', false],
  ['http://evil.example/http://localhost:4000', false],
  ['http://localhost:*', false],
  ['android:apk-key-hash:abc', true],
  ['', false],
  ['null', false],
])('the origin %j is allowed: %s', (origin, expected) => {
  expect(isAllowedOrigin(origin, allowed)).toBe(expected);
});

test('ports of this machine are open only where they are listed', () => {
  expect(isAllowedOrigin('http://localhost:4000', ['https://dovecote.example'])).toBe(false);
  expect(isAllowedOrigin('https://dovecote.example', [])).toBe(false);
});

test('a key that begins to wander is another one', () => {
  // Only this field is compared.
  const use = (backupEligible: boolean): VerifiedUse => ({ backupEligible }) as VerifiedUse;
  expect(isSameKind({ backupEligible: false }, use(false))).toBe(true);
  expect(isSameKind({ backupEligible: false }, use(true))).toBe(false);
  expect(isSameKind({ backupEligible: true }, use(false))).toBe(false);
});

test('the twentieth passkey is the last', () => {
  expect(refuseOverLimit(19)).toBeUndefined();
  expect(refuseOverLimit(20)).toMatchObject({ kind: 'failed_precondition', reason: 'PASSKEY_LIMIT' });
});

test('a challenge counts for five minutes', () => {
  expect(challengeExpiry(new Date(0))).toEqual(new Date(300_000));
});
