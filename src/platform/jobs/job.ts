/** A job to enqueue. At-least-once run: the handler's effect must be idempotent. */
export interface JobSpec {
  /** Which handler: `campaign.advance`. */
  task: string;
  /** Beside the organization's id, which the queue adds. Ids only: a job carries no personal data. */
  payload: Record<string, unknown>;
  runAt?: Date;
  /** Two jobs with one key are one job; the later one moves the earlier. */
  key?: string;
  maxAttempts?: number;
}
