import { type ArgumentsHost, Catch, HttpException, Injectable } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { requestContext } from '../../telemetry/request-context.js';

/**
 * Errors of plain HTTP requests: a body of another kind, one that is too large or that breaks off is the client's, and
 * answered; everything else is the server's, and Nest logs it with its stack.
 */
@Catch()
@Injectable()
export class PlainErrorFilter extends BaseExceptionFilter {
  constructor(
    host: HttpAdapterHost,
    private readonly log: PinoLogger,
  ) {
    super(host.httpAdapter);
    log.setContext('http');
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const { id: requestId, method, url } = host.switchToHttp().getRequest<FastifyRequest>();
    const refusal = refusalOf(error);
    // 404 is not logged as a refusal: the path may contain the key of an expired download.
    if (refusal && refusal.getStatus() !== 404) {
      // Without the query, which may contain secrets.
      const path = url.split('?')[0];
      this.log.info({ requestId, method, path, reason: refusal.message }, 'request refused');
    }
    // Reading the body has lost the context.
    requestContext.run({ requestId }, () => super.catch(refusal ?? error, host));
  }
}

/** The refusal for the client; undefined for an unexpected error. */
function refusalOf(error: unknown): HttpException | undefined {
  if (error instanceof HttpException) return error.getStatus() < 500 ? error : undefined;
  // Node's own error for an aborted body, to which Fastify adds a status.
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode !== 'number' || statusCode >= 500) return undefined;
  return new HttpException({ statusCode, message }, statusCode);
}
