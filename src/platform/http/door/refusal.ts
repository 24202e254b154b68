import { HttpException } from '@nestjs/common';
import { AppError, type ErrorKind, fromDatabaseError } from '../../errors/index.js';
import type { Page } from '../page.js';
import { statusOf } from './door.rules.js';

/** What a door says about a request that was refused, or that failed. */
export interface Refusal {
  readonly status: number;
  /** The text for the sender. */
  readonly message: string;
  readonly requestId: string;
  /** For the log; absent where nothing is to be logged. */
  readonly reason?: string;
  readonly kind?: ErrorKind;
  readonly retryAfterSeconds?: number;
  /** What happened; nothing of it is sent unless the form knows its class. */
  readonly error: unknown;
}

/** A refusal that knows its status; a form adds its details in a subclass. */
export class PlainError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = 'PlainError';
  }
}

/** A refusal with its own page. */
export class PageError extends PlainError {
  constructor(
    readonly page: Page,
    /** For the log. */
    reason: string,
  ) {
    super(page.status, reason);
    this.name = 'PageError';
  }
}

export function refusalOf(error: unknown, requestId: string): Refusal {
  if (error instanceof PlainError) {
    const { status, message, retryAfterSeconds } = error;
    return { status, message, reason: message, retryAfterSeconds, requestId, error };
  }
  if (error instanceof HttpException) return ofFramework(error.getStatus(), error.message, requestId, error);
  // The request was aborted: Node's error, to which Fastify adds a status.
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode < 500) {
    return ofFramework(statusCode, String(message), requestId, error);
  }
  const known = error instanceof AppError ? error : fromDatabaseError(error);
  if (known && known.kind !== 'internal') return ofApplication(known, requestId);
  return { status: 500, message: 'Internal error.', reason: 'INTERNAL', kind: 'internal', requestId, error };
}

/** A missing route is not logged: its path may be a key to what was there. Neither is that the server is not ready. */
function ofFramework(status: number, message: string, requestId: string, error: unknown): Refusal {
  return { status, message, reason: status === 404 || status >= 500 ? undefined : message, requestId, error };
}

function ofApplication(error: AppError, requestId: string): Refusal {
  const { kind, message, reason } = error;
  const status = statusOf(kind);
  const retryAfterSeconds = error.details.retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return { status, message, reason, kind, retryAfterSeconds, requestId, error };
}
