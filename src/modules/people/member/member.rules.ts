import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import { emailAddress } from '../../../platform/text/index.js';

/** Numbers of pidgr.v1.UserStatus. */
export const memberStatus = { invited: 1, active: 2, deactivated: 3 } as const;

/** Profile fields of a member; names as in the contract's JSON. The manager's id is a separate column. */
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

/** `2025-02-30` has the format of a date and does not exist. */
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

/** Domain of the addresses of erased members; mail to it is undeliverable (RFC 2606). */
export const deletedDomain = 'deleted.invalid';

/** A member whose deletion is pending returns only by its cancellation; an erased member never. */
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

/** A member who has joined stays on record, because deliveries refer to the row. */
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
