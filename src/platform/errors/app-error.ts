import { boundedViolations, inBody, summaryOf } from './bounded-violations.js';

/** The canonical outcomes of a refused call; each maps to the Connect/gRPC code of the same name. */
export type ErrorKind =
  | 'cancelled'
  | 'invalid_argument'
  | 'deadline_exceeded'
  | 'not_found'
  | 'already_exists'
  | 'permission_denied'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'aborted'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'unauthenticated';

export interface FieldViolation {
  /** Path with indexes: `audience[3].user_id`. */
  field: string;
  description: string;
}

export interface ErrorDetails {
  violations?: FieldViolation[];
  /** Seconds until a retry can succeed. */
  retryAfterSeconds?: number;
  /** What ran out, for RESOURCE_EXHAUSTED: the subject and a sentence. */
  quota?: { subject: string; description: string };
  /** What to answer with: a value of the header WWW-Authenticate. */
  challenge?: string;
  /** Machine-readable extras for ErrorInfo. */
  metadata?: Record<string, string>;
}

/**
 * An error with two faces: `message`, `reason` and `details` are for the caller; `cause` is for the log only.
 * Everything that is not an AppError leaves the server as "internal error".
 */
export class AppError extends Error {
  constructor(
    readonly kind: ErrorKind,
    /** UPPER_SNAKE_CASE, stable: clients branch on it (ErrorInfo.reason). */
    readonly reason: string,
    message: string,
    readonly details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'AppError';
  }
}

export function invalidArgument(all: readonly FieldViolation[]): AppError {
  const violations = boundedViolations(all, inBody);
  return new AppError('invalid_argument', 'INVALID_ARGUMENT', summaryOf(violations), { violations });
}

/** Also for objects of another organization and objects the caller may not see: ids cannot be probed. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `${constantCase(what)}_NOT_FOUND`, `${capitalize(what)} not found.`);
}

export function alreadyExists(reason: string, message: string): AppError {
  return new AppError('already_exists', reason, message);
}

export function permissionDenied(reason: string, message: string): AppError {
  return new AppError('permission_denied', reason, message);
}

export function failedPrecondition(reason: string, message: string): AppError {
  return new AppError('failed_precondition', reason, message);
}

export function unauthenticated(reason: string, message: string, cause?: unknown): AppError {
  return new AppError('unauthenticated', reason, message, {}, cause);
}

export function unimplemented(message: string): AppError {
  return new AppError('unimplemented', 'UNIMPLEMENTED', message);
}

function constantCase(words: string): string {
  return words.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
