import { readFile } from 'node:fs/promises';
import type { DescService } from '@bufbuild/protobuf';
import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import { RenderService } from '@dovecote/contract/pidgr/v1/render_pb';
import type { PinoLogger } from 'nestjs-pino';
import { accessTable, methodName, services } from '../access/index.js';
import type { Config } from '../config/index.js';
import { type Call, warningHeader } from '../pipeline/call.js';
import type { ConnectStrategyOptions } from './connect.strategy.js';
import { internalListener } from './internal-listener.js';

const MiB = 1024 * 1024;

/** Requests that may carry a large audience or batch; everything else is capped at 4 MiB. */
const largeRequests = {
  '/pidgr.v1.CampaignService/CreateCampaign': 16 * MiB,
  '/pidgr.v1.CampaignService/UpdateCampaign': 16 * MiB,
  '/pidgr.v1.RenderService/RenderBatch': 16 * MiB,
  '/dovecote.render.v1.ContentService/RenderContents': 16 * MiB,
};

const ourHeaders = {
  allowedHeaders: ['authorization', 'x-org-id', 'x-request-id'],
  exposedHeaders: [
    'x-request-id',
    warningHeader,
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'www-authenticate',
  ],
};

/** Limits for RPCs without a credential, whose messages are small. */
const PUBLIC_REQUEST = { bytes: 64 * 1024, elements: 1_000 };
/** An audience of a hundred thousand people with individual variables. */
const LARGE_REQUEST_ELEMENTS = 1_000_000;

function limitsOf(served: readonly DescService[]): ConnectStrategyOptions['limits'] {
  const names = served.flatMap(({ methods }) => methods.map(methodName));
  const open = names.filter((name) => accessTable.get(name)?.caller === 'anyone');
  const large = Object.entries(largeRequests).filter(([name]) => names.includes(name));
  return {
    requestBytesFor: Object.fromEntries<number>([
      ...large,
      ...open.map((name) => [name, PUBLIC_REQUEST.bytes] as const),
    ]),
    requestElementsFor: Object.fromEntries<number>([
      ...large.map(([name]) => [name, LARGE_REQUEST_ELEMENTS] as const),
      ...open.map((name) => [name, PUBLIC_REQUEST.elements] as const),
    ]),
  };
}

function logIgnored({ rpc, requestId }: Call, warning: string, log: PinoLogger): void {
  log.warn({ requestId, method: rpc.name }, warning);
}

/** The transport's options, from the configuration. */
export async function connectOptions(config: Config, log: PinoLogger): Promise<ConnectStrategyOptions> {
  const { http } = config;
  const rendersOnly = config.role === 'render';
  const served = rendersOnly ? [RenderService, ContentService] : services;
  return {
    services: served,
    public: rendersOnly ? undefined : { host: http.host, port: http.port },
    internal: await internalListener(config, log),
    onIgnoredFields:
      config.environment === 'development' ? (call, warning) => logIgnored(call, warning, log) : undefined,
    graceMs: config.shutdownGraceSeconds * 1000,
    limits: limitsOf(served),
    cors: { origins: [...http.corsOrigins], ...ourHeaders },
    tls: http.tls && { cert: await readFile(http.tls.certFile), key: await readFile(http.tls.keyFile) },
    trustedProxies: [...http.trustedProxies],
  };
}
