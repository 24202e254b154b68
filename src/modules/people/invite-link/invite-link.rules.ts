import { AppError, failedPrecondition, permissionDenied } from '../../../platform/errors/index.js';

const ACTIVE_LINKS_LIMIT = 200;
export const LISTED_LINKS = 1000;
const hour = 60 * 60_000;

/** Zero hours: it does not end. */
export function linkExpiry(now: Date, hours: number): Date | null {
  return hours === 0 ? null : new Date(now.getTime() + hours * hour);
}

export function refuseOverLimit(active: number): AppError | undefined {
  if (active < ACTIVE_LINKS_LIMIT) return undefined;
  const description = `An organization may have ${ACTIVE_LINKS_LIMIT} active invite links; revoke one first.`;
  return new AppError('resource_exhausted', 'INVITE_LINK_LIMIT', description, {
    quota: { subject: 'organization', description },
  });
}

export interface LinkState {
  revokedAt: Date | null;
  expiresAt: Date | null;
  maxUses: number;
  useCount: number;
  /** Whether the role that it gives is still there. */
  hasRole: boolean;
}

export interface Destination {
  suspended: boolean;
  expiresAt: Date | null;
  /** The organization requires single sign-on. */
  ssoEnforced: boolean;
}

/**
 * With SSO enforced, admits only sessions of the organization's own provider; `ssoOrgId` is the organization
 * whose provider opened the session.
 */
export function refuseEntrance(
  { ssoEnforced }: Pick<Destination, 'ssoEnforced'>,
  orgId: string,
  ssoOrgId: string | undefined,
): AppError | undefined {
  const elsewhere = ssoOrgId !== undefined && ssoOrgId !== orgId;
  if (ssoOrgId === orgId || (!ssoEnforced && !elsewhere)) return undefined;
  return elsewhere
    ? permissionDenied(
        'SESSION_OF_ANOTHER_ORGANIZATION',
        'You signed in through the identity provider of another organization; sign in again to join this one.',
      )
    : permissionDenied(
        'SSO_REQUIRED',
        'This organization requires single sign-on; sign in through its identity provider.',
      );
}

/** One text for every cause: the state of a link is visible to its organization only. */
export function refuseLink(link: LinkState, now: Date): AppError | undefined {
  const isUsedUp = link.maxUses > 0 && link.useCount >= link.maxUses;
  const isOver = link.expiresAt !== null && link.expiresAt <= now;
  if (!link.revokedAt && !isOver && !isUsedUp && link.hasRole) return undefined;
  return failedPrecondition('INVITE_LINK_INACTIVE', 'This link is no longer active; ask for a new one.');
}

export function memberDeactivated(): AppError {
  return failedPrecondition(
    'MEMBER_DEACTIVATED',
    'Your membership in this organization has been deactivated; a link does not change that.',
  );
}
