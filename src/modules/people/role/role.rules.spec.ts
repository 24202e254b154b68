import { describe, expect, test } from '@jest/globals';
import { organizationPermissions, Permission as P } from '../../../platform/access/index.js';
import {
  grantsMore,
  invitationDefault,
  normalized,
  refuseChange,
  refuseDelete,
  refuseGrant,
  refuseHeld,
  seededRoles,
  slugOf,
  superAdmin,
} from './role.rules.js';

const all = new Set(organizationPermissions);
const some = new Set([P.ORG_READ, P.MEMBERS_READ]);

describe('a grant', () => {
  test.each<[string, P[], ReadonlySet<P>, string | undefined]>([
    ['of what one holds', [P.ORG_READ], some, undefined],
    ['of nothing', [], new Set(), undefined],
    ['of what one does not hold', [P.ORG_READ, P.PRIVACY_WRITE], some, 'GRANT_EXCEEDS_OWN'],
    ['of the platform’s, by whoever has everything', [P.PLATFORM_SUPPORT], all, 'PLATFORM_PERMISSION'],
    [
      'of the platform’s, by whoever holds it',
      [P.PLATFORM_SUPPORT],
      new Set([P.PLATFORM_SUPPORT]),
      'PLATFORM_PERMISSION',
    ],
  ])('%s', (_, permissions, held, reason) => {
    expect(refuseGrant(permissions, held)?.reason).toBe(reason);
  });

  test('names what is missing, and only that', () => {
    const message = refuseGrant([P.ORG_READ, P.PRIVACY_WRITE], some)?.message;
    expect(message).toContain('PERMISSION_PRIVACY_WRITE');
    expect(message).not.toContain('PERMISSION_ORG_READ');
  });
});

describe('a role', () => {
  const role = (more: object) => ({ slug: 'x', isSystem: false, permissions: [P.ORG_READ], ...more });

  test.each([
    [{}, undefined],
    [{ isSystem: true }, 'ROLE_IS_SYSTEM'],
    [{ permissions: [P.ORG_READ, P.PRIVACY_WRITE] }, 'ROLE_EXCEEDS_OWN'],
    [{ permissions: [] }, undefined],
  ])('with %j is changed and deleted: %s', (more, reason) => {
    expect(refuseChange(role(more), some)?.reason).toBe(reason);
    expect(refuseDelete(role(more), some)?.reason).toBe(reason);
  });

  test('that invitations fall back to stays, but may be changed', () => {
    const fallback = role({ slug: invitationDefault });
    expect(refuseDelete(fallback, all)?.reason).toBe('ROLE_IS_INVITATION_DEFAULT');
    expect(refuseChange(fallback, all)).toBeUndefined();
  });

  test.each([
    [0, 0, undefined],
    [1, 0, 'held by 1 invited or active member;'],
    [0, 2, 'held by 2 deactivated members;'],
    [1, 2, 'held by 1 invited or active and 2 deactivated members;'],
  ])('held by %i and %i', (present, deactivated, words) => {
    expect(refuseHeld({ present, deactivated })?.message).toEqual(words && expect.stringContaining(words));
  });
});

describe('the roles of a new organization', () => {
  const held = (slug: string): ReadonlySet<P> =>
    new Set(seededRoles.find((role) => role.slug === slug)?.permissions);

  test('grow from employee to super admin, and none holds what is the platform’s', () => {
    const order = [invitationDefault, 'manager', 'admin', superAdmin].map(held);
    for (const [index, lesser] of order.slice(0, -1).entries()) {
      const greater = order[index + 1];
      expect([...lesser].filter((permission) => !greater?.has(permission))).toEqual([]);
      expect(lesser.size).toBeLessThan(greater?.size ?? 0);
    }
    expect(held(superAdmin)).toEqual(all);
    expect(refuseGrant([...held(superAdmin)], all)).toBeUndefined();
  });

  test('only super admins cannot be changed, and may erase people', () => {
    expect(seededRoles.filter(({ isSystem }) => isSystem).map(({ slug }) => slug)).toEqual([superAdmin]);
    expect(seededRoles.filter(({ permissions }) => permissions.includes(P.PRIVACY_WRITE))).toHaveLength(1);
  });

  test('give more than reading and answering messages, the invitation’s apart', () => {
    expect(seededRoles.filter((role) => !grantsMore(role)).map(({ slug }) => slug)).toEqual([
      invitationDefault,
    ]);
    expect(grantsMore({ permissions: [] })).toBe(false);
  });
});

const id = '0190f0a0-0000-7000-8000-000012345678';
test.each([
  ['Team Lead', 'team_lead'],
  ['  Çà & là!  ', 'ca_la'],
  ['ﬁre', 'fire'],
  ['日本', 'role_12345678'],
  ['!!!', 'role_12345678'],
  ['', 'role_12345678'],
  ['x'.repeat(200), 'x'.repeat(60)],
])('the slug of %j is %j', (name, slug) => {
  expect(slugOf(name, id)).toBe(slug);
});

test('permissions are a set, in the order of the contract', () => {
  expect(normalized([P.TEAMS_WRITE, P.ORG_READ, P.TEAMS_WRITE])).toEqual(
    [P.ORG_READ, P.TEAMS_WRITE].sort((a, b) => a - b),
  );
  expect(normalized([])).toEqual([]);
});
