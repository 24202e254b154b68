import { type AppError, failedPrecondition, permissionDenied } from '../../../platform/errors/index.js';

/** An organization that waits for a person's answer. */
export interface OpenInvitation {
  orgId: string;
  /** The member whom the person is there, or will be. */
  userId: string;
  organizationName: string;
  roleSlug: string;
  roleName: string;
  invitedAt: Date;
  /** The organization has proven to own the domain of the person's address. */
  ofProvenDomain: boolean;
  /** The organization requires single sign-on. */
  ssoEnforced: boolean;
  suspended: boolean;
}

/** Why an invitation was accepted; words of the trail. */
export type Acceptance = 'mail_link' | 'proven_domain' | 'only_invitation' | 'by_hand';

/** How long an invitation stands whose link signs in, from the last time that it was mailed. */
export const INVITATION_MS = 7 * 24 * 60 * 60_000;

export function invitationExpiry(sentAt: Date): Date {
  return new Date(sentAt.getTime() + INVITATION_MS);
}

/** Invitations that were mailed before no longer stand, of those that expire. */
export function oldestSending(now: Date): Date {
  return new Date(now.getTime() - INVITATION_MS);
}

interface Circumstances {
  /** The member whose invitation's mail the person came by. */
  followed: string | undefined;
  /** Whether they are in any organization. */
  isMember: boolean;
}

/**
 * The reason why a sign-in accepts an invitation without asking; undefined: the person must accept it. Anyone
 * who knows an address can invite it, so an invitation alone must not make a member of another organization
 * join.
 */
export function acceptedAtSignIn(
  invitation: OpenInvitation,
  open: readonly OpenInvitation[],
  { followed, isMember }: Circumstances,
): Acceptance | undefined {
  if (invitation.ssoEnforced) return undefined;
  if (invitation.userId === followed) return 'mail_link';
  if (invitation.ofProvenDomain) return 'proven_domain';
  return open.length === 1 && !isMember ? 'only_invitation' : undefined;
}

export function refuseAcceptance({ ssoEnforced, suspended }: OpenInvitation): AppError | undefined {
  if (suspended) return failedPrecondition('ORGANIZATION_SUSPENDED', 'This organization is suspended.');
  if (!ssoEnforced) return undefined;
  return permissionDenied(
    'SSO_REQUIRED',
    'This organization requires single sign-on; sign in through its identity provider.',
  );
}
