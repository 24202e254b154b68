import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import type { DescService } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { AnalyticsEngine } from '../../src/platform/analytics-store/index.js';
import { Clock } from '../../src/platform/clock/clock.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { type Server, startServer } from '../../src/server.js';
import { type TestAnalytics, createAnalytics } from './analytics-store.js';
import { testMasterKey } from './template-database.js';
import { cloneDatabase, type TestDatabase } from './test-database.js';
import { travel } from './travel.js';

/** Sent with every call; a function is asked each time. */
type TestHeaders = Record<string, string | (() => Promise<string>)>;

export interface TestServer {
  readonly server: Server;
  readonly database: TestDatabase;
  readonly url: string;
  /** Present if the spec asked for it. */
  readonly analytics?: TestAnalytics;
  /** Everything logged so far, one JSON object a line. */
  readonly logLines: () => Record<string, unknown>[];
  /** A client of the service over native gRPC, with these headers on every call. */
  client<S extends DescService>(service: S, headers?: TestHeaders): Client<S>;
  transport(headers?: TestHeaders): Transport;
  /** Moves the clock of the server, and with it what its jobs wait for. */
  travel(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Variables of the configuration, beside the defaults of the tests. */
  env?: Record<string, string>;
  /** Joins the database of another server instead of cloning one. */
  database?: TestDatabase;
  /** Gives the server an analytics store: a new database, or that of another server. */
  analytics?: true | TestAnalytics;
}

const testEnv = {
  // Deleted with the run: what a spec leaves there must not start an engine in the next one.
  DATA_DIR: join(process.env.DOVECOTE_TEST_ANALYTICS_DIR ?? tmpdir(), '../data'),
  PORT: '0',
  ENVIRONMENT: 'development',
  SIGN_UP: 'open',
  LOG_FORMAT: 'json',
  LOG_LEVEL: 'debug',
  // Specs look at the lines that something leaves beside that of its call.
  ACCESS_LOG: 'off',
  DATABASE_POOL_SIZE: '4',
  // Specs call faster than people do; the specs of the limits set their own.
  RATE_LIMIT_PER_SECOND: '100000',
  RATE_LIMIT_BURST: '100000',
  ANONYMOUS_RATE_LIMIT_PER_SECOND: '100000',
  ANONYMOUS_RATE_LIMIT_BURST: '100000',
};

/** A real server on a real database, listening on a free port. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await cloneDatabase());
  const lines: string[] = [];
  const analytics = options.analytics === true ? await createAnalytics() : options.analytics;
  const config = loadConfig({
    ...testEnv,
    ...(analytics && { CLICKHOUSE_URL: analytics.url }),
    ...options.env,
  });
  const log = pino({ level: config.log.level }, { write: (line: string) => lines.push(line) });
  const server = await startServer({
    config,
    masterKey: testMasterKey,
    databaseUrl: database.appUrl,
    log,
    role: config.role,
  });
  // A server makes its tables behind the answer that it is ready. Specs read them, and make them with other stores.
  if (analytics) await server.app.get(AnalyticsEngine, { strict: false }).use(async () => undefined);
  const url = server.address ? `http://127.0.0.1:${server.address.port}` : '';
  const transport = (headers: TestHeaders = {}): Transport =>
    createGrpcTransport({ baseUrl: url, interceptors: [withHeaders(headers)] });
  return {
    server,
    database,
    url,
    analytics,
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    transport,
    client: (service, headers) => createClient(service, transport(headers)),
    travel: (milliseconds) => travel(database, server.app.get(Clock), milliseconds),
    async stop() {
      await server.stop();
      if (!options.database) await database.drop();
      if (options.analytics === true) await analytics?.drop();
    },
  };
}

function withHeaders(headers: TestHeaders): Interceptor {
  return (next) => async (request) => {
    for (const [name, value] of Object.entries(headers)) {
      request.header.set(name, typeof value === 'string' ? value : await value());
    }
    return next(request);
  };
}
