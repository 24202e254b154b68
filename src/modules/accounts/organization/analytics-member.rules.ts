import { alreadyExists, AppError, failedPrecondition } from '../../../platform/errors/index.js';
import { invitationExpiry, type Member, memberStatus } from '../../people/member/index.js';
import { type RoleView, viewOf } from './role-view.rules.js';

/** Members, or invitations, that a list shows: the contracts know no pages of them. */
export const MOST_LISTED = 5_000;

/** A member as the contracts of analytics know them. */
export interface AnalyticsMember {
  /** The person's, in all organizations. */
  customerId: string;
  orgId: string;
  email: string;
  name: string;
  role: RoleView;
  joinedAt: Date;
}

export interface AnalyticsInvitation {
  id: string;
  orgId: string;
  email: string;
  role: RoleView;
  isAccepted: boolean;
  /** Undefined: it does not expire. */
  expiresAt: Date | undefined;
}

type Seen = Pick<
  Member,
  'id' | 'orgId' | 'identityId' | 'email' | 'name' | 'status' | 'joinedAt' | 'createdAt' | 'invitationSentAt'
> & { role: { permissions: readonly number[] } };

/** Undefined unless the member is active and may do something of analytics. */
export function asAnalyticsMember(member: Seen | undefined): AnalyticsMember | undefined {
  const role = member && viewOf(member.role.permissions);
  if (!role || member.status !== memberStatus.active) return undefined;
  const { identityId: customerId, orgId, email, name, joinedAt, createdAt } = member;
  return { customerId, orgId, email, name, role, joinedAt: joinedAt ?? createdAt };
}

/** Undefined for a member without an invitation to something of analytics. */
export function asInvitation(member: Seen | undefined): AnalyticsInvitation | undefined {
  const role = member && viewOf(member.role.permissions);
  if (!role) return undefined;
  const { id, orgId, email, status, invitationSentAt: sentAt } = member;
  const isAccepted = status === memberStatus.active && sentAt !== null;
  if (!isAccepted && status !== memberStatus.invited) return undefined;
  return { id, orgId, email, role, isAccepted, expiresAt: sentAt ? invitationExpiry(sentAt) : undefined };
}

/** What an invitation finds that is in its way. `renews`: one that is open is mailed again. */
export function refuseInvitation(
  member: Seen | undefined,
  { renews }: { renews: boolean },
): AppError | undefined {
  if (!member || member.status === memberStatus.deactivated) return undefined;
  const isSeen = viewOf(member.role.permissions) !== undefined;
  if (member.status === memberStatus.active) {
    return alreadyExists(
      'ORG_MEMBER_ALREADY_EXISTS',
      isSeen
        ? 'This person is a member of the organization already.'
        : 'This person is a member of the organization already, with a role that allows nothing of analytics; give them another role there.',
    );
  }
  if (isSeen && renews) return undefined;
  return alreadyExists(
    'INVITATION_ALREADY_PENDING',
    isSeen
      ? 'There is an open invitation for this address already; send it again, or revoke it.'
      : 'There is an open invitation for this address already, with a role that allows nothing of analytics.',
  );
}

export function memberNotFound(): AppError {
  return new AppError('not_found', 'ORG_MEMBER_NOT_FOUND', 'Member not found.');
}

export function invitationNotFound(): AppError {
  return new AppError('not_found', 'INVITATION_NOT_FOUND', 'Invitation not found.');
}

export function refuseAccepted({ isAccepted }: AnalyticsInvitation): AppError | undefined {
  if (!isAccepted) return undefined;
  return failedPrecondition('INVITATION_NOT_PENDING', 'The invitation has been accepted.');
}

export function refuseSelf(customerId: string, ownId: string): AppError | undefined {
  if (customerId !== ownId) return undefined;
  return new AppError(
    'invalid_argument',
    'ORG_CANNOT_REMOVE_SELF',
    'You cannot remove yourself; leave the organization instead.',
  );
}

/** What members say, in the words of the contracts of analytics; `lastAdmin` depends on what was asked. */
export function inOwnWords(error: unknown, lastAdmin: string): unknown {
  if (!(error instanceof AppError)) return error;
  const reasons = new Map([
    ['LAST_SUPER_ADMIN', lastAdmin],
    ['MEMBER_NOT_FOUND', 'ORG_MEMBER_NOT_FOUND'],
    ['ORGANIZATION_NOT_FOUND', 'ORG_MEMBER_NOT_FOUND'],
  ]);
  const reason = reasons.get(error.reason);
  return reason ? new AppError(error.kind, reason, error.message, error.details, error) : error;
}
