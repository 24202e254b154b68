import { AppError, failedPrecondition } from '../errors/index.js';
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

/** Seconds until a client that was refused while the organization was closed may ask again. */
const CLOSED_RETRY_SECONDS = 60;

/**
 * The same for programs that send events: they drop what is refused as a precondition, for good. A suspension or a
 * deletion that can be cancelled is answered as something that passes, so that their queues keep the events.
 */
export function refuseIngest(organization: Entered, now: Date): AppError | undefined {
  const refusal = refuseEntry(organization, now);
  if (!refusal || refusal.reason === 'ORGANIZATION_EXPIRED') return refusal;
  return new AppError('resource_exhausted', refusal.reason, refusal.message, {
    retryAfterSeconds: CLOSED_RETRY_SECONDS,
  });
}

function beingDeleted(dueAt: Date): AppError {
  return failedPrecondition(
    'ORGANIZATION_BEING_DELETED',
    `This organization is closed and will be deleted on ${dueAt.toISOString()}; until then a super admin can cancel the deletion (OrganizationDeletionService.CancelOrganizationDeletion).`,
  );
}
