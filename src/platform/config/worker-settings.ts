import type { Values } from './variables.js';

export interface WorkerSettings {
  /** Jobs at once, by lane. */
  readonly slots: {
    readonly mail: number;
    readonly campaign: number;
    readonly webhook: number;
    readonly background: number;
  };
}

export function workerOf(values: Values): WorkerSettings {
  return {
    slots: {
      mail: values.WORKER_MAIL_CONCURRENCY,
      campaign: values.WORKER_CONCURRENCY,
      webhook: values.WORKER_WEBHOOK_CONCURRENCY,
      background: values.WORKER_CONCURRENCY,
    },
  };
}
