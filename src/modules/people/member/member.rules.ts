import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import { emailAddress } from '../../../platform/text/index.js';

/** Numbers of pidgr.v1.UserStatus. */
export const memberStatus = { invited: 1, active: 2, deactivated: 3 } as const;

/** What a member's choice of colours reads as before they made one: pidgr.v1.ThemePreference.SYSTEM. */
export const systemTheme = 3;

/** What is known about a person; names as in the contract's JSON. The manager's id has a column of its own. */
export interface MemberProfile {
  firstName?: string;
  lastName?: string;
  department?: string;
  title?: string;
  phone?: string;
  location?: string;
  employeeId?: string;
  managerName?: string;
  /** YYYY-MM-DD */
  startDate?: string;
  customAttributes?: Record<string, string>;
}

/** A profile as it arrives. */
export interface ProfileRequest {
  profile: MemberProfile;
  managerId: string | null;
}

export const emptyProfile: ProfileRequest = { profile: {}, managerId: null };

export function refuseProfile(
  { profile, managerId }: ProfileRequest,
  memberId: string,
): AppError | undefined {
  const violations = [
    ...(profile.startDate && !isCalendarDate(profile.startDate)
      ? [{ field: 'profile.start_date', description: 'is not a day of the calendar' }]
      : []),
    ...(managerId === memberId
      ? [{ field: 'profile.manager_id', description: 'is the member; a member cannot be their own manager' }]
      : []),
  ];
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** `2025-02-30` has the form of a date and is none. */
export function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** An organization never loses the last person who may do everything in it. */
export function refuseLastSuperAdmin(
  memberId: string,
  activeSuperAdmins: readonly string[],
): AppError | undefined {
  if (!activeSuperAdmins.includes(memberId) || activeSuperAdmins.length > 1) return undefined;
  return failedPrecondition(
    'LAST_SUPER_ADMIN',
    'This is the last active super admin; give someone else the role first.',
  );
}

export function refuseReactivation(member: { status: number }): AppError | undefined {
  if (member.status === memberStatus.deactivated) return undefined;
  return failedPrecondition('MEMBER_NOT_DEACTIVATED', 'Only a deactivated member can be reactivated.');
}

/** Of addresses that stand for nobody; no mail goes there (RFC 2606). */
export const deletedDomain = 'deleted.invalid';

/** Whoever is to be deleted comes back by the cancellation alone, and whoever was deleted not at all. */
export function refuseReturn({ email }: { email: string }, deletionPending: boolean): AppError | undefined {
  if (deletionPending) {
    return failedPrecondition(
      'DELETION_PENDING',
      'The deletion of this person is scheduled or running; cancel it before it starts.',
    );
  }
  if (!email.endsWith(`@${deletedDomain}`)) return undefined;
  return failedPrecondition('MEMBER_DELETED', 'The data of this person is deleted; invite them again.');
}

/** Who has been in stays on record: deliveries point at them. */
export function refuseRevocation(member: { status: number; joinedAt: Date | null }): AppError | undefined {
  if (member.status === memberStatus.invited && !member.joinedAt) return undefined;
  return failedPrecondition(
    'INVITATION_NOT_OPEN',
    'The invitation is no longer open; deactivate the member instead.',
  );
}

export interface Address {
  /** As it came. */
  given: string;
  /** As it is stored; undefined for what is no address. */
  email: string | undefined;
}

/** Every address once, however it is written: as first written, in the order of the list. */
export function distinctAddresses(given: readonly string[]): Address[] {
  const byEmail = new Map<string, Address>();
  for (const address of given) {
    const email = emailAddress(address);
    const key = email ?? address;
    if (!byEmail.has(key)) byEmail.set(key, { given: address, email });
  }
  return [...byEmail.values()];
}
