import { Permission as P } from '../../../platform/access/index.js';
import { AppError, permissionDenied } from '../../../platform/errors/index.js';

/** What a role of an organization is in the contracts of analytics. */
export type RoleView = 'admin' | 'member' | 'viewer';

/** An admin holds all of them: the contracts know no part of an admin. */
const ofAdmins: readonly P[] = [P.ANALYTICS_WRITE, P.ORG_WRITE, P.MEMBERS_INVITE, P.MEMBERS_MANAGE];

/** Holders of none of them are not seen by the contracts of analytics. */
export const analyticsPermissions: readonly P[] = [P.ANALYTICS_READ, P.ANALYTICS_WRITE];

/** Undefined for a role that allows nothing of analytics. */
export function viewOf(permissions: Iterable<number>): RoleView | undefined {
  const held = new Set(permissions);
  if (ofAdmins.every((permission) => held.has(permission))) return 'admin';
  if (held.has(P.ANALYTICS_WRITE)) return 'member';
  return held.has(P.ANALYTICS_READ) ? 'viewer' : undefined;
}

/** A role of the organization that stands for a view; made where the organization does not have it. */
export interface StandIn {
  slug: string;
  name: string;
  permissions: readonly P[];
}

/** Everybody reads and answers the messages of their organization. */
const ordinary: readonly P[] = [P.INBOX_READ, P.INBOX_ACT];

const standIns: Readonly<Record<Exclude<RoleView, 'admin'>, StandIn>> = {
  member: {
    slug: 'analytics_member',
    name: 'Analytics Member',
    permissions: [...ordinary, P.ANALYTICS_READ, P.ANALYTICS_WRITE],
  },
  viewer: {
    slug: 'analytics_viewer',
    name: 'Analytics Viewer',
    permissions: [...ordinary, P.ANALYTICS_READ],
  },
};

/** `held`: what an admin is given who is made where the organization has deleted its role of admins. */
export function standInFor(view: RoleView, held: readonly P[]): StandIn {
  return view === 'admin'
    ? {
        slug: 'admin',
        name: 'Admin',
        permissions: held.filter((permission) => permission !== P.PRIVACY_WRITE),
      }
    : standIns[view];
}

/** The organization may have changed the role: it is given only while it shows as what was asked for. */
export function refuseChangedRole(
  role: { name: string; permissions: readonly number[] },
  view: RoleView,
): AppError | undefined {
  if (viewOf(role.permissions) === view) return undefined;
  return new AppError(
    'failed_precondition',
    'ORG_UNSUPPORTED_ROLE',
    `The role "${role.name}" of this organization was changed and is not that of a ${view} any more; give it back its permissions, or delete it.`,
  );
}

export function refuseUnlessAdmin(permissions: Iterable<number>): AppError | undefined {
  if (viewOf(permissions) === 'admin') return undefined;
  return permissionDenied(
    'ORG_ROLE_FORBIDDEN',
    'Your role does not permit this; ask an admin of the organization.',
  );
}
