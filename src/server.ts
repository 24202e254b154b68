import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MicroserviceOptions, NestMicroservice } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppOptions } from './app.module.js';
import { createApplication } from './application.js';
import { AnalyticsEngine } from './platform/analytics-store/index.js';
import { SigningKeys } from './platform/caller/signing-keys.js';
import type { Role } from './platform/config/index.js';
import { Database, rowSecurityDefects } from './platform/database/index.js';
import { DoorExit, Doors } from './platform/http/door/index.js';
import { ObstacleError } from './platform/database/obstacle.js';
import { Readiness } from './platform/http/readiness.js';
import { RequestRecords, recordRequests } from './platform/http/request-records.js';
import { Worker } from './platform/worker/worker.js';
import { ConnectStrategy } from './platform/rpc/connect.strategy.js';
import { Metrics } from './platform/telemetry/metrics.js';
import { MetricsListener } from './platform/telemetry/metrics-listener.js';
import { admissionSteps, installGuards } from './platform/pipeline/pipeline.js';

export interface ServerOptions extends AppOptions {
  role: Role;
}

/** A running server: the API, the worker, or both. */
export interface Server {
  readonly app: NestFastifyApplication;
  /** Where it listens; undefined for a worker. */
  readonly address?: { host: string; port: number };
  readonly internalAddress?: { host: string; port: number };
  /** Finishes what is in flight, up to the configured grace, and lets everything go. */
  stop(): Promise<void>;
}

/** Starts a server on a migrated database, or throws a sentence for the operator. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const app = await createApplication(options);
  const strategy = app.get(ConnectStrategy);
  try {
    const microservice = app.connectMicroservice<MicroserviceOptions>(
      { strategy },
      { deferInitialization: true },
    );
    // Deferred, so that the pipeline is installed before the handlers are bound; the application runs the hooks of
    // the container that both share, and they must not run twice. Nest's interface leaves the method out.
    (microservice as NestMicroservice).setIsInitHookCalled(true);
    strategy.admitBy(admissionSteps(app));
    installGuards(app, microservice);
    app.useGlobalFilters(app.get(DoorExit));
    const plain = app.getHttpAdapter().getInstance();
    const doors = app.get(Doors);
    doors.install(plain);
    recordRequests(plain, app.get(RequestRecords));
    await app.init();
    await plain.ready();
    if (doors.defects().length > 0)
      throw new Error(`The server will not start. ${doors.defects().join(' ')}`);
    await app.get(SigningKeys).ensure();
    strategy.serveHttp((request, response) =>
      // Fastify routes HTTP/1.1 and HTTP/2 requests alike; its types know the server it was made for only.
      app
        .getHttpAdapter()
        .getInstance()
        .routing(request as IncomingMessage, response as ServerResponse),
    );
    return await run(app, strategy, options);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

async function run(
  app: NestFastifyApplication,
  strategy: ConnectStrategy,
  options: ServerOptions,
): Promise<Server> {
  const runsJobs = options.role === 'all' || options.role === 'worker';
  const worker = runsJobs ? app.get(Worker) : undefined;
  const readiness = app.get(Readiness);
  const defects = await rowSecurityDefects(app.get(Database));
  if (defects.length > 0) throw new ObstacleError(defects);
  if (options.role !== 'worker') await app.startAllMicroservices();
  const bound = options.role === 'worker' ? undefined : strategy.bound;
  await worker?.start();
  const { metrics: metricsOptions } = options.config;
  const metrics = metricsOptions && (await MetricsListener.open(metricsOptions, app.get(Metrics)));
  readiness.serving = true;
  // In the background: what needs no analytics waits for none.
  if (options.role !== 'render') app.get(AnalyticsEngine).warm();
  return {
    app,
    address: bound?.public,
    internalAddress: bound?.internal,
    async stop() {
      readiness.serving = false;
      // Calls first: what they enqueue may still be picked up before the worker stops.
      await strategy.close();
      await worker?.stop();
      await metrics?.close();
      await app.close();
    },
  };
}
