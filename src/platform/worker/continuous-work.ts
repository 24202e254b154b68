import { DiscoveryService } from '@nestjs/core';

/** Marks a provider that works beside the jobs, for as long as the worker runs. */
export const RunsContinuously = DiscoveryService.createDecorator();

/**
 * Work that is never over, such as emptying a queue, in each process that runs jobs. It survives what may be away for a
 * while, and several processes must be able to do it at once.
 */
export interface ContinuousWork {
  /** Begins, and returns. */
  start(): Promise<void>;
  /** Finishes the piece at hand. */
  stop(): Promise<void>;
}
