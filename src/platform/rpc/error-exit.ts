import { Code, ConnectError } from '@connectrpc/connect';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppError, fromDatabaseError, toConnectError } from '../errors/index.js';
import { actorIdOf, orgIdOf } from '../caller/caller.js';
import type { Call } from './call.js';

/** The only way out for an error: what the caller may read leaves, the rest is logged under the request id. */
@Injectable()
export class ErrorExit {
  constructor(private readonly log: PinoLogger) {
    log.setContext('rpc');
  }

  convert(error: unknown, method: string, requestId: string, call?: Call): ConnectError {
    const known = this.recognize(error, call);
    const fields = {
      requestId,
      method,
      orgId: call && orgIdOf(call.caller),
      actorId: call && actorIdOf(call.caller),
      reason: known?.reason,
    };
    if (!known) {
      this.log.error({ ...fields, err: error }, 'internal error');
      return toConnectError(internalError(), requestId);
    }
    if (known.kind === 'internal' || known.kind === 'unavailable') {
      this.log.warn({ ...fields, err: known.cause ?? known }, known.message);
    } else {
      this.log.info({ ...fields, err: known.cause }, known.message);
    }
    return toConnectError(known, requestId);
  }

  private recognize(error: unknown, call?: Call): AppError | undefined {
    if (call?.rpc.signal.aborted) return aborted(call.rpc.signal.reason);
    if (error instanceof AppError) return error;
    return fromDatabaseError(error);
  }
}

function aborted(reason: unknown): AppError {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded
    ? new AppError('deadline_exceeded', 'DEADLINE_EXCEEDED', 'The call took longer than its deadline.')
    : new AppError('cancelled', 'CANCELLED', 'The call was cancelled.');
}

function internalError(): AppError {
  return new AppError('internal', 'INTERNAL', 'Internal error.');
}
