import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type Job, type ParsedCronItem, parseCronItems, type TaskList } from 'graphile-worker';
import { PinoLogger } from 'nestjs-pino';
import { type Client, Pool } from 'pg';
import { type Lane, lanes, priorityNumber } from '../jobs/index.js';
import { type ScopeOrigin, Scopes } from '../scope/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { requestContext } from '../telemetry/request-context.js';
import { endSpan, inSpan, spanOfJob } from '../telemetry/tracing.js';
import { type ContinuousWork, RunsContinuously } from './continuous-work.js';
import { workerConnections } from './connections.rules.js';
import { Heartbeat } from './heartbeat.js';
import { HandlesJob, type JobContext, type JobHandler, type JobHandlerOptions } from './job-handler.js';
import { type LaneOptions, LaneRunner } from './lane-runner.js';
import type { TimesAhead } from './times-ahead.js';

export interface WorkerOptions {
  databaseUrl: string;
  /** The class of its clients; that of pg by default. */
  client?: typeof Client;
  /** Jobs at once, of each lane. */
  slots: Readonly<Record<Lane, number>>;
  /** Crontabs that the operator has set, by the name of the task. */
  schedules?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that running jobs get when the worker stops; after that they are released for another worker. */
  graceMs: number;
}

interface RegisteredJob extends JobHandlerOptions {
  handler: JobHandler;
}

/** Runs the jobs of every module, each in its lane. */
@Injectable()
export class Worker {
  private runners: LaneRunner[] = [];
  private pool: Pool | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: WorkerOptions,
    private readonly discovery: DiscoveryService,
    private readonly scopes: Scopes,
    private readonly heartbeat: Heartbeat,
    private readonly timesAhead: TimesAhead,
    private readonly metrics: Metrics,
    private readonly log: PinoLogger,
  ) {
    log.setContext('worker');
  }

  async start(): Promise<void> {
    const { slots, databaseUrl, client } = this.options;
    this.pool = new Pool({
      connectionString: databaseUrl,
      max: workerConnections(slots),
      application_name: 'dovecote worker',
      Client: client,
    });
    const onLost = (error: Error): void => this.log.warn({ err: error }, 'worker connection lost');
    this.pool.on('error', onLost).on('connect', (client) => client.on('error', onLost));
    const { pool } = this;
    this.runners = this.lanesInUse().map((lane) => new LaneRunner(lane, pool, this.heartbeat, this.log));
    // One by one: each migrates the queue if necessary.
    for (const runner of this.runners) await runner.start();
    await this.timesAhead.start(this.tasksThatMayRunEarly());
    for (const work of this.continuousWork()) await work.start();
  }

  async stop(): Promise<void> {
    // Long jobs see it between two pieces of work, and hand over.
    this.stopping.abort();
    this.timesAhead.stop();
    // At once: each takes up to the grace, and the process may not live for all in turn.
    await Promise.all([...this.continuousWork(), ...this.runners].map((each) => each.stop()));
    await this.heartbeat.stop();
    await this.pool?.end();
  }

  private lanesInUse(): LaneOptions[] {
    const jobs = this.registeredJobs();
    return lanes.flatMap((lane) => {
      const ofLane = jobs.filter(({ task }) => task.lane === lane);
      if (ofLane.length === 0) return [];
      const { slots, graceMs, schedules } = this.options;
      return [
        {
          lane,
          slots: slots[lane],
          graceMs,
          tasks: this.taskListOf(ofLane),
          crons: cronItemsOf(ofLane, schedules),
        },
      ];
    });
  }

  private tasksThatMayRunEarly(): string[] {
    return this.registeredJobs().flatMap(({ task }) => (task.mayRunEarly ? [task.name] : []));
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
        task.name,
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

function cronItemsOf(
  jobs: readonly RegisteredJob[],
  schedules: WorkerOptions['schedules'] = {},
): ParsedCronItem[] {
  return parseCronItems(
    jobs.flatMap(({ task: { name, priority }, cron }) => {
      const match = cron ?? schedules[name];
      const options = { priority: priorityNumber(priority) };
      return match ? [{ task: name, match, identifier: name, options }] : [];
    }),
  );
}
