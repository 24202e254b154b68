import { describe, expect, test } from '@jest/globals';
import { organizationPermissions, Permission as P } from '../../../platform/access/index.js';
import {
  refuseChangedRole,
  refuseUnlessAdmin,
  type RoleView,
  standInFor,
  viewOf,
} from './role-view.rules.js';

describe('a role', () => {
  test.each<[string, readonly P[], RoleView | undefined]>([
    ['everything', organizationPermissions, 'admin'],
    ['analytics', [P.ANALYTICS_READ, P.ANALYTICS_WRITE], 'member'],
    ['changes of analytics', [P.ANALYTICS_WRITE], 'member'],
    ['reading analytics and managing members', [P.ANALYTICS_READ, P.MEMBERS_MANAGE], 'viewer'],
    ['messages', [P.INBOX_READ, P.INBOX_ACT], undefined],
  ])('that allows %s shows by its permissions', (_what, permissions, view) => {
    expect(viewOf(permissions)).toBe(view);
  });

  test('shows as an admin only with every part of one', () => {
    const parts = [P.ANALYTICS_WRITE, P.ORG_WRITE, P.MEMBERS_INVITE, P.MEMBERS_MANAGE];
    expect(viewOf(parts)).toBe('admin');
    for (const lacking of parts) {
      const rest = parts.filter((part) => part !== lacking);
      expect(viewOf(rest)).not.toBe('admin');
      expect(refuseUnlessAdmin(rest)?.reason).toBe('ORG_ROLE_FORBIDDEN');
    }
    expect(viewOf([P.ORG_WRITE, P.MEMBERS_MANAGE])).toBeUndefined();
  });

  test('that is given shows as what was asked for', () => {
    for (const view of ['admin', 'member', 'viewer'] as const) {
      const { permissions, name } = standInFor(view, organizationPermissions);
      expect(viewOf(permissions)).toBe(view);
      expect(refuseChangedRole({ name, permissions: [...permissions] }, view)).toBeUndefined();
    }
    // As the seeded role: an admin does not become a super admin.
    expect(standInFor('admin', organizationPermissions).permissions).toEqual(
      organizationPermissions.filter((permission) => permission !== P.PRIVACY_WRITE),
    );
  });

  test('that was changed is not given in place of what it was', () => {
    const changed = { name: 'Analytics Viewer', permissions: [P.ANALYTICS_READ, P.ANALYTICS_WRITE] };
    expect(refuseChangedRole(changed, 'viewer')?.reason).toBe('ORG_UNSUPPORTED_ROLE');
    expect(refuseChangedRole({ name: 'x', permissions: [] }, 'member')?.message).toContain('"x"');
  });
});
