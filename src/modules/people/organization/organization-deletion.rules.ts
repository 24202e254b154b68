import type { Caller } from '../../../platform/caller/caller.js';
import {
  type AppError,
  failedPrecondition,
  invalidArgument,
  permissionDenied,
} from '../../../platform/errors/index.js';
import { superAdmin } from '../role/index.js';
import { orgType } from './organization.rules.js';

const DAY_MS = 24 * 60 * 60_000;

export const exportAdvice =
  'To keep data, cancel the deletion, export it ' +
  '(PrivacyService.ExportOrgData, AuditService.ExportAuditTrail), and request it again.';

export function dueAt(now: Date, graceDays: number): Date {
  return new Date(now.getTime() + graceDays * DAY_MS);
}

/** Beyond every permission: roles that hold all of them do not end what is everybody's. */
export function refuseCaller(caller: Caller): AppError | undefined {
  if (caller.kind === 'member' && caller.roleSlug === superAdmin) return undefined;
  return permissionDenied(
    'SUPER_ADMIN_REQUIRED',
    'Only a super admin may delete the organization, or cancel the deletion.',
  );
}

export function refuseOrganizationDeletion(
  organization: { orgType: number; name: string },
  confirmationName: string,
): AppError | undefined {
  if (organization.orgType === orgType.sandbox) {
    return failedPrecondition(
      'ORGANIZATION_IS_SANDBOX',
      'A sandbox is deleted by OrganizationService.DeleteSandboxOrganization.',
    );
  }
  if (confirmationName === organization.name) return undefined;
  return invalidArgument([
    { field: 'confirmation_name', description: 'must be the name of this organization, exactly' },
  ]);
}

export function refuseCancellation(deletion: { purgeStartedAt: Date | null }): AppError | undefined {
  if (!deletion.purgeStartedAt) return undefined;
  return failedPrecondition('DELETION_BEGUN', 'The deletion has started and cannot be cancelled.');
}
