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
  /** The export holds the person's data of every organization, and only the person may download it. */
  personal: boolean;
  status: number;
  anonymize: boolean;
  /** Names of the corrected fields, without values. */
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

/** The caller of a request for a member's data, with the type of session. */
interface RequestCaller {
  userId: string | undefined;
  ssoOrgId: string | undefined;
}

/**
 * Whether a person requests data about themselves. An SSO session does not count: the admins of a provider
 * can sign in as any of its users, so such a session gets the data of that organization only.
 */
export function isPersonal(ofMember: string, { userId, ssoOrgId }: RequestCaller): boolean {
  return ofMember === userId && ssoOrgId === undefined;
}

/** An export is for whom it is about; one that holds no more than the organization knows, for its administrators too. */
export function mayHaveExport(
  { userId, personal }: Pick<PrivacyRequest, 'userId' | 'personal'>,
  reader: RequestCaller & { isAdministrator: boolean },
): boolean {
  if (userId !== null && isPersonal(userId, reader)) return true;
  return !personal && (userId === reader.userId || reader.isAdministrator);
}

/** Whether a deletion is still pending, and the caller has typed the member's address. */
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
