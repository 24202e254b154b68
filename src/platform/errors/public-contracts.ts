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
export function toShippedError(error: AppError, requestId: string, inTrailers: boolean): ConnectError {
  const { violations = [], metadata } = error.details;
  const converted = withDetails(error, error.message, []);
  converted.details.push(
    ...shippedIdentification(error.reason, converted.code, requestId, metadata),
    ...badRequest(boundedViolations(violations.map(unindexed), inTrailers ? inOneDetail : inBody)),
    ...retryAndQuota(error),
  );
  return converted;
}

/** What every error of the shipped contract carries. */
export function shippedIdentification(
  reason: string,
  code: Code,
  requestId: string,
  metadata?: Record<string, string>,
): ConnectError['details'] {
  return identification(shippedReason(reason, code), requestId, metadata, SHIPPED_DOMAIN);
}

function shippedReason(reason: string, code: Code): string {
  return shippedReasons.has(reason) ? reason : codeToString(code).toUpperCase();
}

const index = /\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/g;

/** `events[0].auto_properties["$url"]` as `events.auto_properties`. */
function unindexed({ field, description }: FieldViolation): FieldViolation {
  return { field: field.replaceAll(index, ''), description };
}
