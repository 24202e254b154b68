import { describe, expect, test } from '@jest/globals';
import type { Caller } from '../../../platform/caller/caller.js';
import { orgType } from './organization.rules.js';
import { expiryViolations, refuseDeletion, refuseOverLimit } from './sandbox.rules.js';

const now = new Date('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

test.each([
  [-1, true],
  [0, true],
  [1, false],
  [30 * DAY_MS, false],
  [30 * DAY_MS + 1, true],
])('an end in %i ms is refused: %s', (ms, refused) => {
  const violations = expiryViolations(new Date(now.getTime() + ms), now);
  expect(violations.map(({ field }) => field)).toEqual(refused ? ['expires_at'] : []);
});

test('the third sandbox of a person is the last', () => {
  expect(refuseOverLimit(2)).toBeUndefined();
  expect(refuseOverLimit(3)).toMatchObject({ kind: 'resource_exhausted', reason: 'SANDBOX_LIMIT' });
});

describe('a sandbox is deleted', () => {
  const person = (identityId: string): Caller => ({ kind: 'person', identityId, email: '', sessionId: '' });
  const key = (keyId: string): Caller => ({ kind: 'api_key', orgId: 'o', keyId, permissions: new Set() });
  const sandbox = { orgType: orgType.sandbox, createdBy: 'ada', apiKeyId: null, callerIsSuperAdmin: false };

  test.each<[string, Caller, object, string | undefined]>([
    ['by the person for whom it was made', person('ada'), {}, undefined],
    ['by its super admin', person('bob'), { callerIsSuperAdmin: true }, undefined],
    ['by a stranger', person('bob'), {}, 'ORGANIZATION_NOT_FOUND'],
    ['by the key that made it', key('k'), { apiKeyId: 'k' }, undefined],
    ['by another key', key('l'), { apiKeyId: 'k' }, 'ORGANIZATION_NOT_FOUND'],
    ['by a key, though a person made it', key('k'), {}, 'ORGANIZATION_NOT_FOUND'],
    ['by nobody', { kind: 'anonymous' }, {}, 'ORGANIZATION_NOT_FOUND'],
    [
      'that is none, by its super admin',
      person('ada'),
      { orgType: orgType.standard, callerIsSuperAdmin: true },
      'ORGANIZATION_IS_NO_SANDBOX',
    ],
    ['that is none, by a stranger', person('bob'), { orgType: orgType.standard }, 'ORGANIZATION_NOT_FOUND'],
  ])('%s', (_, caller, more, reason) => {
    expect(refuseDeletion(caller, { ...sandbox, ...more })?.reason).toBe(reason);
  });

  test('that is not there, by anybody', () => {
    expect(refuseDeletion(person('ada'), undefined)?.reason).toBe('ORGANIZATION_NOT_FOUND');
  });
});
