import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { requestIdHeader, requestIdOf } from '../telemetry/request-id.js';

/** The id of a plain HTTP request, as calls have one. */
export function plainRequestId({ headers }: { headers: IncomingHttpHeaders }): string {
  const presented = headers[requestIdHeader];
  return requestIdOf(typeof presented === 'string' ? presented : undefined);
}

/** A path that cannot be read has no route, and so nothing of what runs before one. */
export function refusePath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { statusCode = 400, message } = error;
  void reply.code(statusCode).header(requestIdHeader, request.id).send({ statusCode, message });
}
