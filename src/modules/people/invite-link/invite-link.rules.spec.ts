import { describe, expect, test } from '@jest/globals';
import { linkExpiry, refuseEntrance, refuseLink, refuseOverLimit } from './invite-link.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const before = new Date(now.getTime() - 1);
const after = new Date(now.getTime() + 1);

test('a link ends after its hours, or never', () => {
  expect(linkExpiry(now, 0)).toBeNull();
  expect(linkExpiry(now, 24)).toEqual(new Date('2026-01-02T00:00:00Z'));
});

describe('a link', () => {
  const link = { revokedAt: null, expiresAt: null, maxUses: 0, useCount: 1_000, hasRole: true };

  test.each([
    ['without limits', {}, true],
    ['that ends later', { expiresAt: after }, true],
    ['that ends now', { expiresAt: now }, false],
    ['with a use left', { maxUses: 2, useCount: 1 }, true],
    ['used up', { maxUses: 2, useCount: 2 }, false],
    ['used more often than that', { maxUses: 2, useCount: 3 }, false],
    ['revoked, even later', { revokedAt: after }, false],
    ['whose role is gone', { hasRole: false }, false],
  ])('%s', (_, more, leads) => {
    expect(refuseLink({ ...link, ...more }, now)?.reason).toBe(leads ? undefined : 'INVITE_LINK_INACTIVE');
  });

  test('says the same whatever became of it', () => {
    const refusals = [{ revokedAt: before }, { expiresAt: before }, { maxUses: 1 }, { hasRole: false }];
    expect(new Set(refusals.map((more) => refuseLink({ ...link, ...more }, now)?.message)).size).toBe(1);
  });
});

test.each([
  [false, undefined, undefined],
  [false, 'ours', undefined],
  [false, 'theirs', 'SESSION_OF_ANOTHER_ORGANIZATION'],
  [true, undefined, 'SSO_REQUIRED'],
  [true, 'ours', undefined],
  [true, 'theirs', 'SESSION_OF_ANOTHER_ORGANIZATION'],
])('single sign-on enforced: %s, signed in by %s: %s', (ssoEnforced, ssoOrgId, reason) => {
  expect(refuseEntrance({ ssoEnforced }, 'ours', ssoOrgId)?.reason).toBe(reason);
});

test('the two hundredth link is the last', () => {
  expect(refuseOverLimit(199)).toBeUndefined();
  expect(refuseOverLimit(200)?.reason).toBe('INVITE_LINK_LIMIT');
});
