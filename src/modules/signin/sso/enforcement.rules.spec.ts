import { describe, expect, test } from '@jest/globals';
import { breakGlassEnd, refuseArming, refuseEnforcement } from './enforcement.rules.js';

const now = new Date('2026-01-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const ago = (hours: number, ms = 0): Date => new Date(now.getTime() - hours * HOUR_MS - ms);

describe('single sign-on is enforced', () => {
  const ready = { activeConnection: true, connectionForAll: true, provenDomain: true, testedAt: ago(1) };

  test.each([
    [{}, undefined],
    [{ activeConnection: false }, 'NO_ACTIVE_CONNECTION'],
    [{ connectionForAll: false }, 'NO_CONNECTION_FOR_ALL'],
    [{ provenDomain: false }, 'NO_PROVEN_DOMAIN'],
    [{ testedAt: undefined }, 'TEST_LOGIN_MISSING'],
    [{ testedAt: ago(1, 1) }, 'TEST_LOGIN_MISSING'],
    // Said in the order in which they are to be done.
    [
      { activeConnection: false, connectionForAll: false, provenDomain: false, testedAt: undefined },
      'NO_ACTIVE_CONNECTION',
    ],
  ])('with %j: %s', (lacking, reason) => {
    expect(refuseEnforcement({ ...ready, ...lacking }, now)?.reason).toBe(reason);
  });
});

describe('break-glass access is prepared', () => {
  test.each([
    [true, ago(24), undefined],
    [true, ago(24, 1), 'PASSKEY_NOT_PROVEN'],
    [true, undefined, 'PASSKEY_NOT_PROVEN'],
    [false, ago(0), 'NOT_A_SUPER_ADMIN'],
    [false, undefined, 'NOT_A_SUPER_ADMIN'],
  ])(
    'for a super admin: %s, with a passkey proven at %s: %s',
    (isActiveSuperAdmin, passkeyProvenAt, reason) => {
      expect(refuseArming({ isActiveSuperAdmin, passkeyProvenAt }, now)?.reason).toBe(reason);
    },
  );

  test.each([
    [0, 24],
    [1, 1],
    [72, 72],
  ])('for %i hours it ends after %i', (hours, ends) => {
    expect(breakGlassEnd(hours, now).getTime() - now.getTime()).toBe(ends * HOUR_MS);
  });
});
