import { DiscoveryService } from '@nestjs/core';
import type { Task } from '../jobs/index.js';
import type { Scope } from '../scope/index.js';

export interface JobHandlerOptions {
  task: Task;
  /** Runs again and again on this schedule (crontab, UTC), without an organization. */
  cron?: string;
}

/** Marks a provider as the handler of a job. */
export const HandlesJob = DiscoveryService.createDecorator<JobHandlerOptions>();

export interface JobContext {
  orgId?: string;
  jobId: string;
  /** Aborted when the worker stops: finish the piece at hand and return; what is left must be found again. */
  signal: AbortSignal;
  /** One transaction in a scope of the job's organization; a job may run many, also several at a time. */
  run<T>(work: (scope: Scope) => Promise<T>): Promise<T>;
}

/**
 * The handler of a job. Runs at least once: the effect must be idempotent, each piece of work in a transaction of
 * its own that also records how far it came.
 */
export interface JobHandler<Payload = Record<string, unknown>> {
  handle(payload: Payload, context: JobContext): Promise<void>;
}
