import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hashSecret } from '@dovecote/secret';
import type { Config } from '../config/index.js';
import type { Metrics } from './metrics.js';

/** Serves `GET /metrics` on a separate port, for the operator's Prometheus. */
export class MetricsListener {
  private constructor(private readonly server: Server) {}

  static async open(
    { host, port, token }: NonNullable<Config['metrics']>,
    metrics: Metrics,
  ): Promise<MetricsListener> {
    metrics.observeProcess();
    const server = createServer((request, response) => {
      void answer(request, response, metrics, token);
    });
    server.headersTimeout = server.requestTimeout = 10_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return new MetricsListener(server);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  token: string | undefined,
): Promise<void> {
  if (token !== undefined && !proves(request.headers.authorization, token)) {
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('METRICS_TOKEN is required.\n');
  } else if (request.url?.split('?')[0] !== '/metrics') {
    response.writeHead(404).end('Only /metrics is here.\n');
  } else if (request.method !== 'GET') {
    response.writeHead(405, { allow: 'GET' }).end();
  } else {
    const text = await metrics.scrape();
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
  }
}

function proves(authorization: string | undefined, token: string): boolean {
  const [scheme = '', presented = ''] = (authorization ?? '').split(' ');
  return scheme.toLowerCase() === 'bearer' && timingSafeEqual(hashSecret(presented), hashSecret(token));
}
