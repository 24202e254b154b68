import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import {
  type Job,
  parseCronItems,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
  type WorkerPool,
} from 'graphile-worker';
import { PinoLogger } from 'nestjs-pino';
import { type Client, Pool } from 'pg';
import { type ScopeOrigin, Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { requestContext } from '../telemetry/request-context.js';
import { endSpan, inSpan, spanOfJob } from '../telemetry/tracing.js';
import { type ContinuousWork, RunsContinuously } from './continuous-work.js';
import { Heartbeat } from './heartbeat.js';
import { HandlesJob, type JobContext, type JobHandler, type JobHandlerOptions } from './job-handler.js';
import { workerLogger } from './worker-logger.js';

export interface WorkerOptions {
  databaseUrl: string;
  /** The class of its clients; that of pg by default. */
  client?: typeof Client;
  concurrency: number;
  /** Milliseconds that running jobs get when the worker stops; after that they are released for another worker. */
  graceMs: number;
}

interface RegisteredJob extends JobHandlerOptions {
  handler: JobHandler;
}

/** Between two attempts to go on, when the database is away. */
const RELAUNCH_MS = 1_000;

/** Runs the jobs of every module on graphile-worker, and starts that again when it gives up. */
@Injectable()
export class Worker {
  private runner: Runner | undefined;
  private pool: Pool | undefined;
  private relaunching = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: WorkerOptions,
    private readonly discovery: DiscoveryService,
    private readonly scopes: Scopes,
    private readonly heartbeat: Heartbeat,
    private readonly metrics: Metrics,
    private readonly log: PinoLogger,
  ) {
    log.setContext('worker');
  }

  async start(): Promise<void> {
    const { concurrency, databaseUrl, client } = this.options;
    this.pool = new Pool({
      connectionString: databaseUrl,
      max: concurrency + 2,
      application_name: 'dovecote worker',
      Client: client,
    });
    const onLost = (error: Error): void => this.log.warn({ err: error }, 'worker connection lost');
    this.pool.on('error', onLost).on('connect', (client) => client.on('error', onLost));
    await this.launch(this.pool);
    for (const work of this.continuousWork()) await work.start();
  }

  async stop(): Promise<void> {
    // Long jobs see it between two pieces of work, and hand over.
    this.stopping.abort();
    // At once: each takes up to the grace, and the process may not live for both in turn.
    await Promise.all([...this.continuousWork().map((work) => work.stop()), this.stopJobs()]);
    await this.heartbeat.stop();
    await this.pool?.end();
  }

  private async stopJobs(): Promise<void> {
    await this.relaunching;
    await this.runner?.stop();
  }

  private async launch(pgPool: Pool): Promise<void> {
    const jobs = this.registeredJobs();
    const events: WorkerEvents = new EventEmitter();
    // The pool's id is what graphile-worker writes into the jobs that it locks.
    const poolId = once(events, 'pool:create').then(([{ workerPool }]) => (workerPool as WorkerPool).id);
    const runner = await run({
      events,
      pgPool,
      concurrency: this.options.concurrency,
      pollInterval: 1_000,
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: this.options.graceMs,
      logger: workerLogger(this.log),
      taskList: this.taskListOf(jobs),
      parsedCronItems: parseCronItems(
        jobs.flatMap(({ task, cron }) => (cron ? [{ task, match: cron, identifier: task }] : [])),
      ),
      // Without a delay graphile-worker lets a failure to mark a job as done go uncaught: the process would end.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    this.runner = runner;
    const onEnd = (error?: unknown): void => {
      if (this.stopping.signal.aborted) return;
      this.log.warn({ err: error }, 'worker failed; restarting it');
      this.runner = undefined;
      this.relaunching = this.relaunch(pgPool);
    };
    runner.promise.then(() => onEnd(), onEnd);
    await this.heartbeat.start(await poolId);
  }

  /** Other workers take over its jobs in the meantime: its heartbeat has stopped. */
  private async relaunch(pgPool: Pool): Promise<void> {
    const { signal } = this.stopping;
    await this.heartbeat.stop();
    while (!signal.aborted && !this.runner) {
      await delay(RELAUNCH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.launch(pgPool).catch((error: unknown) =>
        this.log.warn({ err: error }, 'worker cannot start yet'),
      );
    }
  }

  private continuousWork(): ContinuousWork[] {
    // Discovery hands instances out untyped; the decorator is only for ContinuousWork.
    return this.discovery
      .getProviders({ metadataKey: RunsContinuously.KEY })
      .map(({ instance }) => instance as ContinuousWork);
  }

  private registeredJobs(): RegisteredJob[] {
    return this.discovery.getProviders({ metadataKey: HandlesJob.KEY }).flatMap((wrapper) => {
      const options = this.discovery.getMetadataByDecorator(HandlesJob, wrapper);
      // Discovery hands instances out untyped; the decorator is only for JobHandlers.
      return options ? [{ ...options, handler: wrapper.instance as JobHandler }] : [];
    });
  }

  private taskListOf(jobs: RegisteredJob[]): TaskList {
    return Object.fromEntries(
      jobs.map(({ task, handler }) => [
        task,
        (payload: unknown, helpers: { job: Job; abortSignal?: AbortSignal }) =>
          // The queue stores what addJob was given: an object.
          this.handle(handler, payload as Record<string, unknown>, helpers),
      ]),
    );
  }

  private async handle(
    handler: JobHandler,
    payload: Record<string, unknown>,
    { job, abortSignal = new AbortController().signal }: { job: Job; abortSignal?: AbortSignal },
  ): Promise<void> {
    const orgId = typeof payload.orgId === 'string' ? payload.orgId : undefined;
    const origin: ScopeOrigin = { caller: { kind: 'system', orgId }, requestId: `job:${job.id}` };
    const context: JobContext = {
      orgId,
      jobId: job.id,
      signal: AbortSignal.any([abortSignal, this.stopping.signal]),
      run: (work) => this.scopes.run(origin, work),
    };
    await this.measured(job.task_identifier, () =>
      requestContext.run({ requestId: origin.requestId }, () => handler.handle(payload, context)),
    );
  }

  private async measured(task: string, work: () => Promise<void>): Promise<void> {
    const span = spanOfJob(task);
    const beganAt = performance.now();
    let outcome = 'failed';
    try {
      await inSpan(span, work);
      outcome = 'done';
    } finally {
      endSpan(span, outcome === 'done' ? undefined : outcome);
      this.metrics.jobs.inc({ task, outcome });
      this.metrics.jobSeconds.observe({ task }, (performance.now() - beganAt) / 1000);
    }
  }
}
