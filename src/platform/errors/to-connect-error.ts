import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '@dovecote/contract/google/rpc/error_details_pb';
import { boundedViolations, inOneDetail } from './bounded-violations.js';
import type { AppError, ErrorKind, FieldViolation } from './app-error.js';

const codes: Record<ErrorKind, Code> = {
  cancelled: Code.Canceled,
  invalid_argument: Code.InvalidArgument,
  deadline_exceeded: Code.DeadlineExceeded,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  permission_denied: Code.PermissionDenied,
  resource_exhausted: Code.ResourceExhausted,
  failed_precondition: Code.FailedPrecondition,
  aborted: Code.Aborted,
  unimplemented: Code.Unimplemented,
  internal: Code.Internal,
  unavailable: Code.Unavailable,
  unauthenticated: Code.Unauthenticated,
};

type Details = ConnectError['details'];

/** The public face of an error, with the google.rpc details that clients branch on. */
export function toConnectError(error: AppError, requestId: string): ConnectError {
  const { violations = [], metadata } = error.details;
  return withDetails(error, error.message, [
    ...identification(error.reason, requestId, metadata),
    ...badRequest(boundedViolations(violations, inOneDetail)),
    ...retryAndQuota(error),
  ]);
}

/** The error with the details given, under the code of its kind, and with the headers that its details ask for. */
export function withDetails(error: AppError, message: string, details: Details): ConnectError {
  const { retryAfterSeconds, challenge } = error.details;
  const headers = new Headers();
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterSeconds)));
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
  const connectError = new ConnectError(message, codes[error.kind], headers);
  connectError.details.push(...details);
  return connectError;
}

/** One detail with all violations; none without any. */
export function badRequest(fieldViolations: FieldViolation[]): Details {
  return fieldViolations.length === 0 ? [] : [detail(BadRequestSchema, { fieldViolations })];
}

/** When a retry can succeed, and what ran out. */
export function retryAndQuota({ details: { retryAfterSeconds, quota } }: AppError): Details {
  const details: Details = [];
  if (retryAfterSeconds !== undefined) {
    const retryDelay = { seconds: BigInt(Math.ceil(retryAfterSeconds)) };
    details.push(detail(RetryInfoSchema, { retryDelay }));
  }
  if (quota) details.push(detail(QuotaFailureSchema, { violations: [quota] }));
  return details;
}

/** What every error carries: why, and the id that finds it in the log. */
export function identification(
  reason: string,
  requestId: string,
  metadata: Record<string, string> = {},
  domain = 'dovecote',
): Details {
  return [detail(ErrorInfoSchema, { reason, domain, metadata }), detail(RequestInfoSchema, { requestId })];
}

function detail<Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): Details[number] {
  return { desc, value };
}
