import {
  isPlatformPermission,
  organizationPermissions,
  Permission as P,
  permissionName,
} from '../../../platform/access/index.js';
import { type AppError, failedPrecondition, permissionDenied } from '../../../platform/errors/index.js';

export interface SeededRole {
  slug: string;
  name: string;
  isSystem: boolean;
  permissions: readonly P[];
}

export const superAdmin = 'super_admin';
/** What an invitation gives when it names no role. */
export const invitationDefault = 'employee';

/** The roles that every organization starts with. */
export const seededRoles: readonly SeededRole[] = [
  { slug: superAdmin, name: 'Super Admin', isSystem: true, permissions: organizationPermissions },
  {
    slug: 'admin',
    name: 'Admin',
    isSystem: false,
    permissions: organizationPermissions.filter((permission) => permission !== P.PRIVACY_WRITE),
  },
  {
    slug: 'manager',
    name: 'Manager',
    isSystem: false,
    permissions: [
      P.ORG_READ,
      P.MEMBERS_READ,
      P.MEMBERS_INVITE,
      P.CAMPAIGNS_READ,
      P.CAMPAIGNS_WRITE,
      P.CAMPAIGNS_START,
      P.TEMPLATES_READ,
      P.TEMPLATES_WRITE,
      P.TEMPLATES_REVIEW,
      P.INBOX_READ,
      P.INBOX_ACT,
      P.GROUPS_ALL_READ,
      P.GROUPS_WRITE,
      P.TEAMS_ALL_READ,
      P.TEAMS_WRITE,
      P.ANALYTICS_READ,
      P.ANALYTICS_WRITE,
    ],
  },
  { slug: invitationDefault, name: 'Employee', isSystem: false, permissions: [P.INBOX_READ, P.INBOX_ACT] },
];

/** What everybody has who is invited without a word about their role. */
const ordinary: ReadonlySet<number> = new Set([P.INBOX_READ, P.INBOX_ACT]);

/** Whether a role lets its holder do more than read and answer messages: then it is not given with an old proof. */
export function grantsMore({ permissions }: { permissions: readonly number[] }): boolean {
  return permissions.some((permission) => !ordinary.has(permission));
}

/** URL-safe and stable; `id` helps out where the name has no letter that survives. */
export function slugOf(name: string, id: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60);
  return slug || `role_${id.slice(-8)}`;
}

/** Permissions as a set in the order of the contract. */
export function normalized(permissions: readonly P[]): P[] {
  return [...new Set(permissions)].sort((a, b) => a - b);
}

/**
 * A caller cannot grant permissions that the caller does not hold. Platform permissions cannot be granted
 * through the API at all.
 */
export function refuseGrant(permissions: readonly P[], held: ReadonlySet<P>): AppError | undefined {
  if (permissions.some(isPlatformPermission)) {
    return permissionDenied(
      'PLATFORM_PERMISSION',
      'PERMISSION_PLATFORM_* permissions cannot be granted through this API.',
    );
  }
  const missing = permissions.filter((permission) => !held.has(permission));
  if (missing.length === 0) return undefined;
  return permissionDenied(
    'GRANT_EXCEEDS_OWN',
    `You cannot grant what you do not hold: ${missing.map(permissionName).join(', ')}.`,
  );
}

export function refuseChange(
  role: { isSystem: boolean; permissions: readonly P[] },
  held: ReadonlySet<P>,
): AppError | undefined {
  if (role.isSystem)
    return failedPrecondition('ROLE_IS_SYSTEM', 'System roles cannot be changed or deleted.');
  if (role.permissions.every((permission) => held.has(permission))) return undefined;
  return permissionDenied('ROLE_EXCEEDS_OWN', 'You cannot change a role that holds more than you do.');
}

/** How many members have a role. */
export interface Holders {
  /** Invited or active. */
  present: number;
  deactivated: number;
}

/** Counts deactivated holders separately, because member lists can hide them. */
export function refuseHeld({ present, deactivated }: Holders): AppError | undefined {
  if (present + deactivated === 0) return undefined;
  const who = [
    ...(present > 0 ? [`${present} invited or active`] : []),
    ...(deactivated > 0 ? [`${deactivated} deactivated`] : []),
  ].join(' and ');
  return failedPrecondition(
    'ROLE_IN_USE',
    `The role is held by ${who} ${present + deactivated === 1 ? 'member' : 'members'}; give them another role first.`,
  );
}

export function refuseDelete(
  role: { slug: string; isSystem: boolean; permissions: readonly P[] },
  held: ReadonlySet<P>,
): AppError | undefined {
  if (role.slug === invitationDefault) {
    return failedPrecondition(
      'ROLE_IS_INVITATION_DEFAULT',
      'Invitations fall back to this role; it cannot be deleted.',
    );
  }
  return refuseChange(role, held);
}
