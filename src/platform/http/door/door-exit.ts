import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { AppError } from '../../errors/index.js';
import { Metrics } from '../../telemetry/metrics.js';
import { jsonForm } from './forms.js';
import { type Refusal, refusalOf } from './refusal.js';

/**
 * Answers every error of a plain request: sends what the sender may read in the form of the route's door, and logs the
 * rest under the request id.
 */
@Catch()
@Injectable()
export class DoorExit implements ExceptionFilter {
  constructor(
    private readonly log: PinoLogger,
    private readonly metrics: Metrics,
  ) {
    log.setContext('http');
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = this.note(error, request);
    if (refusal.retryAfterSeconds !== undefined) {
      reply.header('retry-after', String(refusal.retryAfterSeconds));
    }
    // A path without a route has no door.
    const form = request.routeOptions.config?.door?.form ?? jsonForm;
    form(reply, refusal);
  }

  /** Logs the error, and says what may be told of it. */
  note(
    error: unknown,
    { id: requestId, method, url }: Pick<FastifyRequest, 'id' | 'method' | 'url'>,
  ): Refusal {
    const refusal = refusalOf(error, requestId);
    const { reason, kind, message, status } = refusal;
    if (reason === undefined) return refusal;
    // The query may hold a secret; so may the path of what is not there, which may have been there before.
    const path = status === 404 ? undefined : url.split('?')[0];
    const fields = { requestId, method, path, reason };
    if (kind === 'internal') {
      this.log.error({ ...fields, err: error }, 'internal error');
      return refusal;
    }
    if (kind === undefined) {
      this.log.info(fields, 'request refused');
      return refusal;
    }
    const known = error instanceof AppError ? error : undefined;
    if (known?.details.quota) this.metrics.throttled.inc({ limit: known.details.quota.subject });
    const level = kind === 'unavailable' ? 'warn' : 'info';
    this.log[level]({ ...fields, err: known ? known.cause : error }, message);
    return refusal;
  }
}
