import type { Code, ConnectError } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import type { AppError, FieldViolation } from './app-error.js';
import { boundedViolations, inBody, inOneDetail, inOwnDetails } from './bounded-violations.js';
import { badRequest, identification, retryAndQuota, withDetails } from './to-connect-error.js';

/** What the shipped contract calls its reasons: other ones are replaced by the name of the code. */
const shippedReasons: ReadonlySet<string> = new Set([
  'COOKIELESS_IDENTITY_UNAVAILABLE',
  'INVALID_EVENT_BATCH',
  'INVALID_INSIGHT_QUERY',
  'INVALID_PAGE_TOKEN',
  'PROFILE_NOT_FOUND',
  'PROJECT_NOT_FOUND',
]);

/** By which an operator finds the call of an error. */
export interface ErrorOrigin {
  readonly requestId: string;
  /** Absent when tracing is off. */
  readonly traceId?: string;
}

const SHIPPED_DOMAIN = 'pug.sh';

/** As the documented contract has it: one detail for each violation; other errors have none but when to retry. */
export function toDocumentedError(error: AppError, inTrailers: boolean): ConnectError {
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
export function toShippedError(error: AppError, origin: ErrorOrigin, inTrailers: boolean): ConnectError {
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

function shippedReason(reason: string, code: Code): string {
  return shippedReasons.has(reason) ? reason : codeToString(code).toUpperCase();
}

const index = /\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/g;

/** `events[0].auto_properties["$url"]` as `events.auto_properties`. */
function unindexed({ field, description }: FieldViolation): FieldViolation {
  return { field: field.replaceAll(index, ''), description };
}
