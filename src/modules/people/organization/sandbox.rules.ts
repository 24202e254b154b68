import type { Caller } from '../../../platform/caller/caller.js';
import {
  AppError,
  failedPrecondition,
  type FieldViolation,
  notFound,
} from '../../../platform/errors/index.js';
import { orgType } from './organization.rules.js';

/** At a time, for one person. */
const mostSandboxes = 3;

const LONGEST_LIFE_DAYS = 30;
const DAY_MS = 24 * 3600 * 1000;

/** What is wrong with the time at which a sandbox is to end. */
export function expiryViolations(expiresAt: Date, now: Date): FieldViolation[] {
  const lifetime = expiresAt.getTime() - now.getTime();
  if (lifetime <= 0) return [{ field: 'expires_at', description: 'must be in the future' }];
  if (lifetime <= LONGEST_LIFE_DAYS * DAY_MS) return [];
  return [{ field: 'expires_at', description: `must be at most ${LONGEST_LIFE_DAYS} days ahead` }];
}

export function refuseOverLimit(live: number): AppError | undefined {
  if (live < mostSandboxes) return undefined;
  const message = `One person can have ${mostSandboxes} sandboxes at a time; delete one, or wait for one to expire.`;
  return new AppError('resource_exhausted', 'SANDBOX_LIMIT', message, {
    quota: { subject: 'sandboxes', description: message },
  });
}

/** The facts that decide whether an organization may be deleted as a sandbox. */
export interface DeletionCandidate {
  orgType: number;
  /** The person for whom it was made; null where it is no sandbox. */
  createdBy: string | null;
  /** The key that made it for them; null: they themselves. */
  apiKeyId: string | null;
  callerIsSuperAdmin: boolean;
}

/** To whom it is not theirs, it is not there. */
export function refuseDeletion(
  caller: Caller,
  candidate: DeletionCandidate | undefined,
): AppError | undefined {
  if (!candidate || !mayDelete(caller, candidate)) return notFound('organization');
  if (candidate.orgType === orgType.sandbox) return undefined;
  return failedPrecondition('ORGANIZATION_IS_NO_SANDBOX', 'Only sandboxes can be deleted.');
}

function mayDelete(caller: Caller, candidate: DeletionCandidate): boolean {
  if (caller.kind === 'api_key') return candidate.apiKeyId === caller.keyId;
  return (
    caller.kind === 'person' && (candidate.callerIsSuperAdmin || candidate.createdBy === caller.identityId)
  );
}
