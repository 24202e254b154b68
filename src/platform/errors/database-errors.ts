import { isNativeError } from 'node:util/types';
import { QueryFailedError } from 'typeorm';
import { DatabaseError } from 'pg';
import { AppError, invalidArgument } from './app-error.js';
import { constraintMeaning } from './constraint-errors.js';

const outOfRange = () =>
  invalidArgument([{ field: '', description: 'a number, time or id is malformed or out of range' }]);

const outOfSpace = () =>
  new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database has no space; try again later.', {
    retryAfterSeconds: 10,
  });

const byState: Record<string, () => AppError> = {
  // The rules should have refused these values; they come from the client in any case.
  '22003': outOfRange,
  '22008': outOfRange,
  '22P02': outOfRange,
  // PostgreSQL stores any text but the NUL character.
  '22021': () => invalidArgument([{ field: '', description: 'text must not contain NUL characters' }]),
  '22P05': () => invalidArgument([{ field: '', description: 'text must not contain NUL characters' }]),
  '40001': () => new AppError('aborted', 'CONFLICT', 'The change conflicted with another one; try again.'),
  '40P01': () => new AppError('aborted', 'CONFLICT', 'The change conflicted with another one; try again.'),
  '53100': outOfSpace,
  '53200': outOfSpace,
  '57014': () =>
    new AppError('deadline_exceeded', 'DEADLINE_EXCEEDED', 'The call took longer than its deadline.'),
  '57P01': () =>
    new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is restarting; try again.'),
  '57P02': () =>
    new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is restarting; try again.'),
  '57P03': () => new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is starting; try again.'),
  '53300': () => new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is busy; try again.'),
};

const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** Said of a Unix socket whose server is away, or busy. Elsewhere they tell of files and buffers. */
const socketErrors = new Set(['ENOENT', 'EAGAIN']);

/** The AppError for a database error; undefined for an unexpected one. */
export function fromDatabaseError(error: unknown): AppError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const known = mappingFor(cause)?.();
  return known && new AppError(known.kind, known.reason, known.message, known.details, error);
}

function mappingFor(cause: unknown): (() => AppError) | undefined {
  if (cause instanceof DatabaseError) {
    return constraintMeaning(cause.constraint) ?? byState[cause.code ?? ''];
  }
  // Errors of Node's core are not `instanceof` our Error everywhere; in Jest they are not.
  if (isNativeError(cause) && isConnectionError(cause)) {
    return () =>
      new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database cannot be reached; try again.');
  }
  return undefined;
}

function isConnectionError(error: NodeJS.ErrnoException): boolean {
  const { code = '', syscall } = error;
  return (
    connectionErrors.has(code) ||
    (syscall === 'connect' && socketErrors.has(code)) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message)
  );
}
