import { isNativeError } from 'node:util/types';
import { AppError } from '../errors/index.js';

/** An error of the engine, or of the way to it, without the statement and the rows that its message quotes. */
export class EngineError extends Error {
  override name = 'EngineError';

  constructor(
    /** Digits: the engine's own number of its exception. Otherwise Node's code, or ''. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the engine answered, with an exception. */
  get isAnswer(): boolean {
    return /^\d+$/.test(this.code);
  }

  static of(error: unknown): EngineError {
    const { code, type, message } = error as { code?: unknown; type?: unknown; message?: unknown };
    const isException = typeof code === 'string' && /^\d+$/.test(code);
    const text = isException ? `The analytics engine answered ${code} (${String(type)}).` : String(message);
    return new EngineError(typeof code === 'string' ? code : '', text);
  }
}

/** The engine is starting, restarting, full or unreachable. */
export function analyticsUnavailable(message: string, cause?: unknown, retryAfterSeconds = 2): AppError {
  return new AppError('unavailable', 'ANALYTICS_UNAVAILABLE', message, { retryAfterSeconds }, cause);
}

const unreachable = 'Analytics is not available at the moment; try again.';

function overLimit(reason: string, message: string, cause: unknown): AppError {
  const quota = { subject: 'analytics', description: message };
  return new AppError('resource_exhausted', reason, message, { quota }, cause);
}

const narrower = 'Ask about a shorter time, fewer properties, or fewer values of a breakdown.';

const outOfTime = (cause: unknown): AppError =>
  new AppError(
    'deadline_exceeded',
    'ANALYTICS_QUERY_TOO_SLOW',
    `The question takes longer than a question may. ${narrower}`,
    {},
    cause,
  );
const outOfMemory = (cause: unknown): AppError =>
  overLimit(
    'ANALYTICS_QUERY_TOO_LARGE',
    `The question needs more memory than a question may. ${narrower}`,
    cause,
  );
const tooLong = (cause: unknown): AppError =>
  overLimit('ANALYTICS_QUERY_TOO_LARGE', `The question is longer than a question may be. ${narrower}`, cause);
const tooLongAnswer = (cause: unknown): AppError =>
  overLimit('ANALYTICS_QUERY_TOO_LARGE', `The answer is longer than an answer may be. ${narrower}`, cause);
const tooManyRows = (cause: unknown): AppError =>
  overLimit(
    'ANALYTICS_QUERY_TOO_LARGE',
    `The question reads more events than a question may. ${narrower}`,
    cause,
  );
const cancelled = (cause: unknown): AppError =>
  new AppError('cancelled', 'CANCELLED', 'The call was cancelled.', {}, cause);
const full = (cause: unknown): AppError =>
  analyticsUnavailable('The analytics store has no space for more events.', cause, 60);
const gone = (cause: unknown): AppError => analyticsUnavailable(unreachable, cause);
const busy = (cause: unknown): AppError => analyticsUnavailable('Analytics is busy; try again.', cause);

/** By the code of the engine's exception; the names are the engine's. */
const byCode = new Map<string, (cause: unknown) => AppError>([
  ['75', full], // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  ['158', tooManyRows], // TOO_MANY_ROWS
  ['159', outOfTime], // TIMEOUT_EXCEEDED
  ['160', outOfTime], // TOO_SLOW
  ['173', outOfMemory], // CANNOT_ALLOCATE_MEMORY
  ['191', outOfMemory], // SET_SIZE_LIMIT_EXCEEDED
  ['202', busy], // TOO_MANY_SIMULTANEOUS_QUERIES
  ['203', gone], // NO_FREE_CONNECTION
  ['209', gone], // SOCKET_TIMEOUT
  ['210', gone], // NETWORK_ERROR
  ['229', tooLong], // QUERY_IS_TOO_LARGE
  ['236', gone], // ABORTED: the engine is stopping
  ['241', outOfMemory], // MEMORY_LIMIT_EXCEEDED
  ['242', gone], // TABLE_IS_READ_ONLY: a replica without its keeper
  ['243', full], // NOT_ENOUGH_SPACE
  ['252', busy], // TOO_MANY_PARTS
  ['279', gone], // ALL_CONNECTION_TRIES_FAILED
  ['307', tooManyRows], // TOO_MANY_BYTES
  ['319', gone], // UNKNOWN_STATUS_OF_INSERT
  // What a caller cancels does not come here: a stopping engine, or an operator, ended the statement.
  ['394', gone], // QUERY_WAS_CANCELLED
  ['396', tooLongAnswer], // TOO_MANY_ROWS_OR_BYTES
  ['425', gone], // SYSTEM_ERROR
  ['516', gone], // AUTHENTICATION_FAILED: of the server, not of the caller
  ['999', gone], // KEEPER_EXCEPTION
]);

const connectionErrors = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

// The words of the client for a socket that was closed or silent for too long.
const connectionWords = /socket hang up|Timeout error/;

/** Whether no engine was reached, or one that is about to stop, so that it has to be looked for. Not: it is busy or full. */
export function isEngineLost(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return byCode.get(code) === gone || connectionErrors.has(code) || connectionWords.test(message);
}

/** What the caller may read about an error of the engine, with the error as its cause; undefined for an unexpected one. */
export function fromEngineError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (!isNativeError(error)) return undefined;
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  const known = byCode.get(code);
  if (known) return known(error);
  // No space on the disk reaches us as an error of a file.
  if (/No space left on device/.test(message)) return full(error);
  // First: Node says `aborted` of an answer that broke off.
  if (isEngineLost(error)) return gone(error);
  if (name === 'AbortError' || /aborted/i.test(message)) return cancelled(error);
  return undefined;
}
