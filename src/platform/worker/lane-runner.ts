import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ParsedCronItem,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
  type WorkerPool,
} from 'graphile-worker';
import type { PinoLogger } from 'nestjs-pino';
import type { Pool } from 'pg';
import type { Lane } from '../jobs/index.js';
import type { Heartbeat } from './heartbeat.js';
import { JobsAtHand } from './jobs-at-hand.js';
import { workerLogger } from './worker-logger.js';

export interface LaneOptions {
  lane: Lane;
  /** Jobs at once. */
  slots: number;
  /** Milliseconds that running jobs get when the lane stops; after that they are released for another worker. */
  graceMs: number;
  tasks: TaskList;
  crons: ParsedCronItem[];
}

/** Between two attempts to go on, when the database is away. */
const RELAUNCH_MS = 1_000;

/** Runs the jobs of one lane on graphile-worker, and starts that again when it gives up. */
export class LaneRunner {
  private runner: Runner | undefined;
  private relaunching = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: LaneOptions,
    private readonly pool: Pool,
    private readonly heartbeat: Heartbeat,
    private readonly log: PinoLogger,
  ) {}

  async start(): Promise<void> {
    const { lane, slots, graceMs, tasks, crons } = this.options;
    const events: WorkerEvents = new EventEmitter();
    // The pool's id is what graphile-worker writes into the jobs that it locks.
    const poolId = once(events, 'pool:create').then(([{ workerPool }]) => (workerPool as WorkerPool).id);
    const atHand = new JobsAtHand();
    events.on('job:start', ({ job }) => atHand.begin(job.id));
    events.on('job:complete', ({ job }) => atHand.end(job.id));
    const runner = await run({
      events,
      pgPool: this.pool,
      concurrency: slots,
      pollInterval: 1_000,
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: graceMs,
      logger: workerLogger(this.log),
      taskList: tasks,
      parsedCronItems: crons,
      preset: {
        worker: {
          // Without a delay graphile-worker lets a failure to mark a job as done go uncaught: the process would end.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          // PostgreSQL keeps one plan of a prepared statement for all lanes; which index serves a lane depends on its tasks.
          preparedStatements: false,
        },
      },
    });
    this.runner = runner;
    const workerId = await poolId;
    const onEnd = (error?: unknown): void => {
      if (this.stopping.signal.aborted) return;
      this.log.warn({ err: error, lane }, 'worker failed; restarting it');
      this.runner = undefined;
      this.relaunching = this.relaunch(workerId);
    };
    runner.promise.then(() => onEnd(), onEnd);
    await this.heartbeat.begin(workerId, lane, atHand);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.relaunching;
    await this.runner?.stop();
  }

  /** Other workers take over its jobs in the meantime: its heartbeat has stopped. */
  private async relaunch(workerId: string): Promise<void> {
    const { signal } = this.stopping;
    await this.heartbeat.end(workerId);
    while (!signal.aborted && !this.runner) {
      await delay(RELAUNCH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.start().catch((error: unknown) => this.log.warn({ err: error }, 'worker cannot start yet'));
    }
  }
}
