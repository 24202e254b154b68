import { describe, expect, test } from '@jest/globals';
import type { Caller } from '../../../platform/caller/caller.js';
import { organizationPermissions } from '../../../platform/access/index.js';
import {
  dueAt,
  refuseCaller,
  refuseCancellation,
  refuseOrganizationDeletion,
} from './organization-deletion.rules.js';
import { orgType } from './organization.rules.js';

const everything = new Set(organizationPermissions);
const member = (roleSlug: string): Caller => ({
  kind: 'member',
  identityId: 'i',
  email: '',
  sessionId: '',
  orgId: 'o',
  userId: 'u',
  roleSlug,
  permissions: everything,
});

test.each<[Caller, boolean]>([
  [member('super_admin'), true],
  // Another role that holds everything is not the role.
  [member('admin'), false],
  [member('super_admins'), false],
  [{ kind: 'api_key', orgId: 'o', keyId: 'k', permissions: everything }, false],
  [{ kind: 'internal', orgId: 'o' }, false],
  [{ kind: 'anonymous' }, false],
])('%j may delete the organization: %s', (caller, may) => {
  expect(refuseCaller(caller)?.reason).toBe(may ? undefined : 'SUPER_ADMIN_REQUIRED');
});

describe('a deletion is requested', () => {
  const organization = { orgType: orgType.standard, name: 'Acme' };

  test.each(['acme', 'Acme ', '', 'Acme\u200b'])('not with the name %j', (name) => {
    expect(refuseOrganizationDeletion(organization, name)?.details.violations).toMatchObject([
      { field: 'confirmation_name' },
    ]);
  });

  test('with exactly its name, and never for a sandbox', () => {
    expect(refuseOrganizationDeletion(organization, 'Acme')).toBeUndefined();
    const sandbox = { ...organization, orgType: orgType.sandbox };
    expect(refuseOrganizationDeletion(sandbox, 'Acme')?.reason).toBe('ORGANIZATION_IS_SANDBOX');
  });

  test('and can be cancelled until rows go', () => {
    expect(refuseCancellation({ purgeStartedAt: null })).toBeUndefined();
    expect(refuseCancellation({ purgeStartedAt: new Date(0) })?.reason).toBe('DELETION_BEGUN');
  });

  test('for the end of the days of grace', () => {
    expect(dueAt(new Date('2026-01-31T12:00:00Z'), 7)).toEqual(new Date('2026-02-07T12:00:00Z'));
    expect(dueAt(new Date(0), 0)).toEqual(new Date(0));
  });
});
