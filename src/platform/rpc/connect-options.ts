import { readFile } from 'node:fs/promises';
import type { DescService } from '@bufbuild/protobuf';
import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import type { TraitsOf } from '@dovecote/rpc';
import { RenderService } from '@dovecote/contract/pidgr/v1/render_pb';
import type { PinoLogger } from 'nestjs-pino';
import { type AccessRow, isOpen } from '../access/access-rule.js';
import { accessTable, methodName, services } from '../access/index.js';
import type { Config } from '../config/index.js';
import { type Call, warningHeader } from '../pipeline/call.js';
import type { ConnectStrategyOptions } from './connect.strategy.js';
import { contractOf, isForSdks } from '../access/contract.rules.js';
import { internalListener } from './internal-listener.js';

const MiB = 1024 * 1024;

const ourHeaders = {
  allowedHeaders: ['authorization', 'x-org-id', 'x-project-id', 'x-request-id'],
  // Keys that read are not for pages, and other services take no others by this header.
  anyOriginHeaders: ['x-api-key'],
  exposedHeaders: [
    'x-request-id',
    warningHeader,
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'www-authenticate',
  ],
};

interface RequestLimit {
  readonly bytes: number;
  readonly elements: number;
  readonly list?: { readonly field: string; readonly items: number };
}

/** The limit of RPCs without a credential, whose messages are small. */
const openRequest: RequestLimit = { bytes: 64 * 1024, elements: 1_000 };
/** An audience of a hundred thousand people with individual variables. */
const largeRequest: RequestLimit = { bytes: 16 * MiB, elements: 1_000_000 };
/** A thousand events, each with a hundred properties or so. Both contracts allow as many, and no more are parsed. */
const eventBatch: RequestLimit = { bytes: 5 * MiB, elements: 500_000 };
const MOST_EVENTS = 1_000;

/** Every other RPC has the limits of libs/rpc: 4 MiB. */
function limitOf(row: AccessRow | undefined): RequestLimit | undefined {
  if (!row) return undefined;
  if (isOpen(row)) return openRequest;
  const { countedList: field } = row;
  if (field !== undefined) return { ...eventBatch, list: { field, items: MOST_EVENTS } };
  return row.largeRequest && largeRequest;
}

function limitsOf(served: readonly DescService[]): ConnectStrategyOptions['limits'] {
  const limited = served.flatMap(({ methods }) =>
    methods.flatMap((method) => {
      const name = methodName(method);
      const limit = limitOf(accessTable.get(name));
      return limit ? [{ name, ...limit }] : [];
    }),
  );
  return {
    requestBytesFor: Object.fromEntries<number>(limited.map(({ name, bytes }) => [name, bytes])),
    requestListFor: Object.fromEntries(limited.flatMap(({ name, list }) => (list ? [[name, list]] : []))),
    requestElementsFor: Object.fromEntries<number>(limited.map(({ name, elements }) => [name, elements])),
  };
}

function traitsOf(pathPrefixes: readonly string[]): TraitsOf {
  return ({ typeName }) => {
    const documented = contractOf(typeName) === 'documented';
    const forSdks = isForSdks(typeName);
    return {
      anyOrigin: forSdks,
      pathPrefixes: forSdks ? pathPrefixes : [],
      zerosInJson: documented,
      plainViolations: documented,
    };
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
    traits: traitsOf(http.ingestPaths),
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
