import { describe, expect, test } from '@jest/globals';
import { Permission } from '../../../platform/access/index.js';
import { keyTypes, refuseExpiry, refuseOverLimit, refuseUseless } from './api-key.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const [past, later, latest] = [new Date('2025-12-31'), new Date('2026-02-01'), new Date('2026-03-01')];

describe('the end of a key', () => {
  test.each([
    ['never, by a person', null, null, undefined],
    ['later, by a person', later, null, undefined],
    ['now', now, null, 'INVALID_ARGUMENT'],
    ['in the past', past, null, 'INVALID_ARGUMENT'],
    ['on no day at all', new Date('nonsense'), null, 'INVALID_ARGUMENT'],
    ['with the key that makes it', later, later, undefined],
    ['after the key that makes it', latest, later, 'GRANT_EXCEEDS_OWN'],
    ['never, by a key that ends', null, later, 'GRANT_EXCEEDS_OWN'],
  ])('%s', (_, expiresAt, makerExpiresAt, reason) => {
    expect(refuseExpiry(expiresAt, now, makerExpiresAt)?.reason).toBe(reason);
  });
});

describe('what a key may hold', () => {
  // What people alone do: no call open to keys asks for it.
  const personal = Permission.INBOX_ACT;

  test('is what a call asks of keys', () => {
    expect(
      refuseUseless([Permission.CAMPAIGNS_READ, Permission.MEMBERS_READ], keyTypes.apiKey),
    ).toBeUndefined();
    expect(refuseUseless([], keyTypes.apiKey)).toBeUndefined();
  });

  test('names what is of no use to it', () => {
    const refusal = refuseUseless([Permission.CAMPAIGNS_READ, personal], keyTypes.apiKey);
    expect(refusal?.details.violations).toMatchObject([{ field: 'permissions' }]);
    expect(refusal?.message).toContain('PERMISSION_INBOX_ACT');
    expect(refusal?.message).not.toContain('PERMISSION_CAMPAIGNS_READ');
  });

  test('is not asked of SCIM tokens, which give it by their groups', () => {
    expect(refuseUseless([personal], keyTypes.scimToken)).toBeUndefined();
  });
});

test('the two hundredth key is the last', () => {
  expect(refuseOverLimit(199)).toBeUndefined();
  expect(refuseOverLimit(200)).toMatchObject({ kind: 'resource_exhausted', reason: 'API_KEY_LIMIT' });
});
