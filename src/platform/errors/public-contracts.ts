import type { Code, ConnectError } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import { type AppError, failedPrecondition, type FieldViolation } from './app-error.js';
import { boundedViolations, inBody, inOneDetail, inOwnDetails } from './bounded-violations.js';
import { badRequest, identification, retryAndQuota, withDetails } from './to-connect-error.js';

/** What the shipped contract calls its reasons: other ones are replaced by the name of the code. */
const shippedReasons: ReadonlySet<string> = new Set([
  'API_KEY_NOT_FOUND',
  'CAMPAIGN_NOT_FOUND',
  'CANNOT_DEMOTE_LAST_ADMIN',
  'CANNOT_LEAVE_AS_LAST_MEMBER',
  'CANNOT_REMOVE_LAST_ADMIN',
  'COOKIELESS_IDENTITY_UNAVAILABLE',
  'DASHBOARD_NOT_FOUND',
  'DASHBOARD_TILE_NAME_CONFLICT',
  'DASHBOARD_TILE_NOT_FOUND',
  'DELETION_REQUEST_NOT_FOUND',
  'EMAIL_PROVIDER_ENCRYPTION_KEY_MISSING',
  'EMAIL_PROVIDER_NOT_FOUND',
  'EMAIL_PROVIDER_SECRET_DECRYPT_FAILED',
  'EMAIL_TEST_RECIPIENT_MISMATCH',
  'EMAIL_TEST_SEND_UNAVAILABLE',
  'INVALID_ACTIVITY_FILTER',
  'INVALID_CREDENTIALS',
  'INVALID_EMAIL_PROVIDER_CONFIG',
  'INVALID_EVENT_BATCH',
  'INVALID_INSIGHT_QUERY',
  'INVALID_NOTIFICATION_DATA',
  'INVALID_PAGE_TOKEN',
  'INVALID_PROFILE_FILTER',
  'INVALID_TILE_CONTENT',
  'INVALID_TIMEZONE',
  'INVALID_TOKEN',
  'INVITATION_ALREADY_PENDING',
  'INVITATION_EXPIRED',
  'INVITATION_NOT_FOUND',
  'INVITATION_NOT_PENDING',
  'INVITATION_SEND_LIMIT',
  'INVITATION_WRONG_EMAIL',
  'OAUTH_CREDENTIAL_INVALID',
  'OAUTH_PROVIDER_DISABLED',
  'ORG_ADMIN_REQUIRED',
  'ORG_CANNOT_REMOVE_SELF',
  'ORG_MEMBER_ALREADY_EXISTS',
  'ORG_MEMBER_NOT_FOUND',
  'ORG_NOT_A_MEMBER',
  'ORG_NOT_FOUND',
  'ORG_ROLE_FORBIDDEN',
  'ORG_UNSUPPORTED_ROLE',
  'PASSWORD_TOO_LONG',
  'PROFILE_NOT_FOUND',
  'PROJECT_NAME_TAKEN',
  'PROJECT_NOT_FOUND',
]);

/** By which an operator finds the call of an error. */
export interface ErrorOrigin {
  readonly requestId: string;
  /** Absent when tracing is off. */
  readonly traceId?: string;
}

const SHIPPED_DOMAIN = 'pug.sh';

/**
 * Clients of the public contracts know no second proof, and take UNAUTHENTICATED for the end of their token: they would
 * renew it, ask again, and sign the person out. A new sign-in by mail is the proof that they can bring.
 */
function withoutChallenge(error: AppError): AppError {
  if (error.reason !== 'INSUFFICIENT_USER_AUTHENTICATION') return error;
  const minutes = Number(error.details.metadata?.max_age) / 60;
  return failedPrecondition(
    error.reason,
    `Sign out and in again, then repeat this: it needs a sign-in at most ${minutes} minutes ago.`,
  );
}

/** As the documented contract has it: one detail for each violation; other errors have none but when to retry. */
export function toDocumentedError(given: AppError, inTrailers: boolean): ConnectError {
  const error = withoutChallenge(given);
  const { violations } = error.details;
  if (!violations) return withDetails(error, error.message, retryAndQuota(error));
  const bounded = boundedViolations(violations, inTrailers ? inOwnDetails : inBody);
  return withDetails(
    error,
    'validation error',
    bounded.flatMap((violation) => badRequest([violation])),
  );
}

/** As the shipped contract has it: its reasons and domain, and paths without indexes and keys. */
export function toShippedError(given: AppError, origin: ErrorOrigin, inTrailers: boolean): ConnectError {
  const error = withoutChallenge(given);
  const { violations = [], metadata } = error.details;
  const converted = withDetails(error, error.message, []);
  converted.details.push(
    ...shippedIdentification(error.reason, converted.code, origin, metadata),
    ...badRequest(boundedViolations(violations.map(unindexed), inTrailers ? inOneDetail : inBody)),
    ...retryAndQuota(error),
  );
  return converted;
}

/** What every error of the shipped contract carries. */
export function shippedIdentification(
  reason: string,
  code: Code,
  { requestId, traceId }: ErrorOrigin,
  metadata?: Record<string, string>,
): ConnectError['details'] {
  const traced = traceId === undefined ? metadata : { ...metadata, trace_id: traceId };
  return identification(shippedReason(reason, code), requestId, traced, SHIPPED_DOMAIN);
}

/** What the gate says, in the words of the shipped contract. */
const reasonsOfTheGate: Readonly<Record<string, string>> = {
  NOT_A_MEMBER: 'ORG_NOT_A_MEMBER',
  PERMISSION_MISSING: 'ORG_ROLE_FORBIDDEN',
};

function shippedReason(reason: string, code: Code): string {
  if (shippedReasons.has(reason)) return reason;
  return reasonsOfTheGate[reason] ?? codeToString(code).toUpperCase();
}

const index = /\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/g;

/** `events[0].auto_properties["$url"]` as `events.auto_properties`. */
function unindexed({ field, description }: FieldViolation): FieldViolation {
  return { field: field.replaceAll(index, ''), description };
}
