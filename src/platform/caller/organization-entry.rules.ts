import { type AppError, failedPrecondition } from '../errors/index.js';
import type { OrganizationState } from './organization-state.js';

/** States in which an organization answers only what names them. */
export type ClosedState = 'suspended' | 'being_deleted';

/** Without `deletionDueAt` an organization that is being deleted counts as expired: its `expiresAt` has passed. */
type Entered = Pick<OrganizationState, 'suspended' | 'expiresAt'> &
  Partial<Pick<OrganizationState, 'deletionDueAt'>>;

/**
 * Refuses entry to a closed organization: for calls, plain HTTP, SCIM, logins and invitations. `answersIn` names the
 * closed states in which entry is allowed.
 */
export function refuseEntry(
  { suspended, expiresAt, deletionDueAt }: Entered,
  now: Date,
  answersIn: readonly ClosedState[] = [],
): AppError | undefined {
  if (deletionDueAt) return answersIn.includes('being_deleted') ? undefined : beingDeleted(deletionDueAt);
  if (expiresAt && expiresAt <= now) {
    return failedPrecondition(
      'ORGANIZATION_EXPIRED',
      'This organization has ended: it expired, or is being deleted.',
    );
  }
  if (!suspended || answersIn.includes('suspended')) return undefined;
  return failedPrecondition(
    'ORGANIZATION_SUSPENDED',
    'This organization is suspended; contact your administrator.',
  );
}

function beingDeleted(dueAt: Date): AppError {
  return failedPrecondition(
    'ORGANIZATION_BEING_DELETED',
    `This organization is closed and will be deleted on ${dueAt.toISOString()}; until then a super admin can cancel the deletion (OrganizationDeletionService.CancelOrganizationDeletion).`,
  );
}
