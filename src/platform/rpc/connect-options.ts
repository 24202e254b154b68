import { readFile } from 'node:fs/promises';
import type { Config } from '../config/index.js';
import type { ConnectStrategyOptions } from './connect.strategy.js';

const MiB = 1024 * 1024;

/** Requests that may carry a large audience or batch; everything else is capped at 4 MiB. */
const largeRequests = {
  '/pidgr.v1.CampaignService/CreateCampaign': 16 * MiB,
  '/pidgr.v1.CampaignService/UpdateCampaign': 16 * MiB,
  '/pidgr.v1.RenderService/RenderBatch': 16 * MiB,
};

const ourHeaders = {
  allowedHeaders: ['authorization', 'x-org-id', 'x-request-id'],
  exposedHeaders: ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after'],
};

/** The transport's options, from the configuration. */
export async function connectOptions(config: Config): Promise<ConnectStrategyOptions> {
  const { http, internal } = config;
  return {
    public: { host: http.host, port: http.port },
    internal: internal && { host: '127.0.0.1', port: internal.port },
    graceMs: config.shutdownGraceSeconds * 1000,
    limits: { requestBytesFor: largeRequests },
    cors: { origins: [...http.corsOrigins], ...ourHeaders },
    tls: http.tls && { cert: await readFile(http.tls.certFile), key: await readFile(http.tls.keyFile) },
    trustedProxies: [...http.trustedProxies],
  };
}
