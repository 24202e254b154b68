import { type AppError, failedPrecondition, invalidArgument } from '../../platform/errors/index.js';

/** Numbers of pidgr.v1.PrivacyRequestStatus. */
export const requestStatus = { pending: 1, processing: 2, completed: 3, failed: 4 } as const;

export type RequestKind = 'export' | 'delete' | 'rectify' | 'restrict';

const DAY_MS = 24 * 60 * 60_000;
/** In which a deletion can be cancelled. */
export const GRACE_MS = 30 * DAY_MS;
/** How long an exported file is kept. */
export const KEPT_MS = 7 * DAY_MS;

export interface PrivacyRequest {
  id: string;
  kind: RequestKind;
  /** Null: the organization as a whole. */
  userId: string | null;
  requestedBy: string;
  status: number;
  anonymize: boolean;
  /** Of a correction: names, no values. */
  fields: string[];
  /** Why it failed. */
  reason: string;
  attempts: number;
  /** What an export of the organization is encrypted with. */
  sealedKey: Buffer | null;
  scheduledFor: Date | null;
  createdAt: Date;
  completedAt: Date | null;
  expiresAt: Date | null;
}

/** Whether a deletion still waits, and whoever acts on it knows whose it is. */
export function refuseDecision(
  { status }: { status: number },
  { typed, email }: { typed: string; email: string },
): AppError | undefined {
  if (status !== requestStatus.pending) {
    return failedPrecondition('DELETION_NOT_PENDING', 'The deletion has begun, has ended or was cancelled.');
  }
  if (typed.toLowerCase() === email) return undefined;
  return invalidArgument([{ field: 'confirmation_email', description: 'is not the address of this person' }]);
}

export function alreadyPending(): AppError {
  return failedPrecondition('DELETION_PENDING', 'The deletion of this person is scheduled already.');
}

/** What is given out while it is deleted would stay when everything else has gone. */
export function refuseExport(deletionBegun: boolean): AppError | undefined {
  if (!deletionBegun) return undefined;
  return failedPrecondition('DELETION_BEGUN', 'The data of this person are being deleted.');
}

export function refuseLifting(restricted: boolean, deletionPending: boolean): AppError | undefined {
  if (restricted || !deletionPending) return undefined;
  return failedPrecondition('DELETION_PENDING', 'Cancel the deletion of this person first.');
}
