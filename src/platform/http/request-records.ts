import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.js';
import type { AddressedRequest } from './request-address.js';

/** Health checks come every few seconds; their lines would be most of the log. */
const probe = /^\/health(\/|$)/;

/** What is told of requests that are no calls: pages, SCIM, downloads, health. */
export class RequestRecords {
  constructor(
    private readonly metrics: Metrics,
    private readonly accessLog: Logger | undefined,
    private readonly addressOf: (request: AddressedRequest) => string,
  ) {}

  note(request: FastifyRequest, { statusCode: status, elapsedTime }: FastifyReply): void {
    const { method, id: requestId } = request;
    // The route pattern, not the path: a path may contain a download key, and has unbounded cardinality.
    const route = request.routeOptions.url ?? 'unknown';
    this.metrics.requests.inc({ route, method, status });
    if (!this.accessLog || probe.test(route)) return;
    const durationMs = Math.round(elapsedTime * 1000) / 1000;
    const address = this.addressOf(request);
    this.accessLog.info(
      { method, route, status, protocol: 'http', requestId, address, durationMs },
      'request',
    );
  }
}

export function recordRequests(server: FastifyInstance, records: RequestRecords): void {
  server.addHook('onResponse', (request, reply, done) => {
    records.note(request, reply);
    done();
  });
}
