import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestIdHeader, requestIdOf } from '../pipeline/call.js';
import { requestContext } from '../telemetry/request-context.js';

/** The id of a plain HTTP request, as calls have one. */
export function plainRequestId({ headers }: { headers: IncomingHttpHeaders }): string {
  const presented = headers[requestIdHeader];
  return requestIdOf(new Headers(typeof presented === 'string' ? { [requestIdHeader]: presented } : {}));
}

/** Every answer names its request, and so does every line that is logged on the way. */
export function nameRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header(requestIdHeader, request.id);
    done();
  });
  // Not earlier: reading the body loses the context.
  server.addHook('preValidation', (request, _reply, done) => {
    requestContext.run({ requestId: request.id }, done);
  });
}

/** A path that cannot be read has no route, and so nothing of what runs before one. */
export function refusePath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { statusCode = 400, message } = error;
  void reply.code(statusCode).header(requestIdHeader, request.id).send({ statusCode, message });
}
