import { ConnectError } from '@connectrpc/connect';
import type { CallHead, FailedCall } from '@dovecote/rpc';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppError, fromDatabaseError, toConnectError } from '../errors/index.js';
import { accessTable } from '../access/index.js';
import { actorIdOf, orgIdOf } from '../caller/caller.js';
import { CallRecords } from '../telemetry/call-records.js';
import { Metrics } from '../telemetry/metrics.js';
import { identificationFor, toPublicError, wrongTypes } from './error-styles.js';
import type { Call } from '../pipeline/call.js';
import { requestIdHeader, requestIdOf } from '../telemetry/request-id.js';

/** The only exit for errors: sends what the caller may read, and logs the rest with the request id. */
@Injectable()
export class ErrorExit {
  constructor(
    private readonly log: PinoLogger,
    private readonly records: CallRecords,
    private readonly metrics: Metrics,
  ) {
    log.setContext('rpc');
  }

  /** Converts an error of a handler. */
  convert(error: unknown, method: string, call: Call, traceId?: string): ConnectError {
    const { requestId } = call;
    const origin = { requestId, traceId };
    const fields = { requestId, method, orgId: orgIdOf(call.caller), actorId: actorIdOf(call.caller) };
    if (call.rpc.signal.aborted) {
      // The transport has answered already, and told the log why.
      this.log.debug({ ...fields, err: error }, 'stopped with its call');
      return toPublicError(aborted(), call.rpc, origin);
    }
    const known = error instanceof AppError ? error : fromDatabaseError(error);
    if (!known) {
      this.log.error({ ...fields, reason: 'INTERNAL', err: error }, 'internal error');
      return toPublicError(internalError(), call.rpc, origin);
    }
    const { reason, message } = known;
    const { quota } = known.details;
    if (quota) this.metrics.throttled.inc({ limit: quota.subject });
    if (known.kind === 'internal' || known.kind === 'unavailable') {
      this.log.warn({ ...fields, reason, err: known.cause ?? known }, message);
    } else {
      this.log.info({ ...fields, reason, err: known.cause }, message);
    }
    return toPublicError(known, call.rpc, origin);
  }

  /** Converts an error of a call to an unknown method, which has no row in the access table. */
  refuse(error: unknown, call: CallHead): ConnectError {
    if (!(error instanceof AppError)) throw error;
    const { name, header, responseHeader } = call;
    const requestId = requestIdOf(header.get(requestIdHeader));
    responseHeader.set(requestIdHeader, requestId);
    this.log.info({ requestId, method: name, reason: error.reason }, error.message);
    const refusal = toConnectError(error, requestId);
    this.records.failed(refusal.code, call, false, requestId);
    return refusal;
  }

  /** Converts an error of the transport: of a call that did not reach its handler, or ended before it. */
  describe(error: ConnectError, call: FailedCall): ConnectError {
    const requestId =
      call.responseHeader.get(requestIdHeader) ?? requestIdOf(call.header.get(requestIdHeader));
    call.responseHeader.set(requestIdHeader, requestId);
    const reason = call.kind.toUpperCase();
    const origin = { requestId, traceId: this.records.traceIdOf(call) };
    const fields = { requestId, method: call.name, reason };
    if (call.kind === 'internal') this.log.error({ ...fields, err: error.cause ?? error }, 'internal error');
    else this.log.info(fields, error.rawMessage);
    const message = call.kind === 'internal' ? internalError().message : error.rawMessage;
    const described =
      wrongTypes(error, call, origin) ?? new ConnectError(message, error.code, error.metadata);
    if (described.details.length === 0)
      described.details.push(...error.details, ...identificationFor(call.name, reason, error, origin));
    this.records.failed(error.code, call, accessTable.has(call.name), requestId);
    return described;
  }
}

function aborted(): AppError {
  return new AppError('cancelled', 'CANCELLED', 'The call was cancelled.');
}

function internalError(): AppError {
  return new AppError('internal', 'INTERNAL', 'Internal error.');
}
