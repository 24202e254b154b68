import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';

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
  /** Of an export: holds what is the person's in every organization, and is for nobody else. */
  personal: boolean;
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

/** Who asks for a member's data, in what kind of session. */
interface Asking {
  userId: string | undefined;
  ssoOrgId: string | undefined;
}

/**
 * Whether a member's data are asked for by the person themselves. Whoever runs the provider of an organization can sign in
 * as its people: such a session reaches what that organization knows, and no more.
 */
export function isPersonal(ofMember: string, { userId, ssoOrgId }: Asking): boolean {
  return ofMember === userId && ssoOrgId === undefined;
}

/** An export is for whom it is about; one that holds no more than the organization knows, for its administrators too. */
export function mayHaveExport(
  { userId, personal }: Pick<PrivacyRequest, 'userId' | 'personal'>,
  reader: Asking & { isAdministrator: boolean },
): boolean {
  if (userId !== null && isPersonal(userId, reader)) return true;
  return !personal && (userId === reader.userId || reader.isAdministrator);
}

/** Whether a deletion still waits, and whoever acts on it knows whose it is. */
export function refuseDecision(
  { status }: { status: number },
  { typed, email }: { typed: string; email: string },
): AppError | undefined {
  if (status !== requestStatus.pending) {
    return failedPrecondition(
      'DELETION_NOT_PENDING',
      'The deletion has started, has ended or was cancelled.',
    );
  }
  if (typed === email) return undefined;
  return invalidArgument([{ field: 'confirmation_email', description: 'is not the address of this person' }]);
}

export function alreadyPending(): AppError {
  return failedPrecondition('DELETION_PENDING', 'The deletion of this person is scheduled already.');
}

/** What is given out while it is deleted would stay when everything else has gone. */
export function refuseExport(deletionBegun: boolean): AppError | undefined {
  if (!deletionBegun) return undefined;
  return failedPrecondition('DELETION_BEGUN', 'The data of this person is being deleted.');
}

export function refuseLifting(restricted: boolean, deletionPending: boolean): AppError | undefined {
  if (restricted || !deletionPending) return undefined;
  return failedPrecondition('DELETION_PENDING', 'Cancel the deletion of this person first.');
}
