import { Code, ConnectError } from '@connectrpc/connect';
import { create } from '@bufbuild/protobuf';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '@dovecote/contract/google/rpc/error_details_pb';
import type { AppError } from './app-error.js';
import { type ErrorKind } from './app-error.js';

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

/** The public face of an error, with the google.rpc details that clients branch on. */
export function toConnectError(error: AppError, requestId: string): ConnectError {
  const details = identification(error.reason, requestId, error.details.metadata);
  const { violations, retryAfterSeconds, quota, challenge } = error.details;
  if (violations) {
    details.push({
      desc: BadRequestSchema,
      value: create(BadRequestSchema, { fieldViolations: violations }),
    });
  }
  if (retryAfterSeconds !== undefined) {
    details.push({
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: { seconds: BigInt(Math.ceil(retryAfterSeconds)) } }),
    });
  }
  if (quota) {
    details.push({ desc: QuotaFailureSchema, value: create(QuotaFailureSchema, { violations: [quota] }) });
  }
  const headers = new Headers();
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterSeconds)));
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
  const connectError = new ConnectError(error.message, codes[error.kind], headers);
  connectError.details.push(...details);
  return connectError;
}

/** What every error carries: why, and the id that finds it in the log. */
export function identification(
  reason: string,
  requestId: string,
  metadata: Record<string, string> = {},
): ConnectError['details'] {
  return [
    { desc: ErrorInfoSchema, value: { reason, domain: 'dovecote', metadata } },
    { desc: RequestInfoSchema, value: { requestId } },
  ];
}
