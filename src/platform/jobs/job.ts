import type { Priority, Task } from './task.js';

/** A job to enqueue. At-least-once run: the handler's effect must be idempotent. */
export interface JobSpec {
  task: Task;
  /** Beside the organization's id, which the queue adds. Ids only: a job carries no personal data. */
  payload: Record<string, unknown>;
  /** By the clock of the scope. Undefined: at once. */
  runAt?: Date;
  /** Two jobs of the task with one key are one job; the later one moves the earlier. Usually an id. */
  key?: string;
  maxAttempts?: number;
  /** Instead of that of the task. */
  priority?: Priority;
}
