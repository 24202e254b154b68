import { AppError } from '../../../platform/errors/index.js';

/** Questions that wait: of all organizations, and of the one that asks. */
export interface Waiting {
  readonly all: number;
  readonly ofOne: number;
}

/** For about as long as a question runs. */
const RETRY_SECONDS = 5;
/** How long after its start an equal question may join: no answer is of an older state of the store than this. */
const JOIN_MS = 1_000;

/** For one more question that has to wait, beside those that do. */
export function refuseLongWait(waiting: Waiting, limits: Waiting): AppError | undefined {
  if (waiting.ofOne < limits.ofOne && waiting.all < limits.all) return undefined;
  const quota =
    waiting.ofOne >= limits.ofOne
      ? { subject: 'organization', description: `At most ${limits.ofOne} questions wait at once.` }
      : { subject: 'analytics', description: `At most ${limits.all} questions wait at once.` };
  return new AppError(
    'resource_exhausted',
    'ANALYTICS_QUEUE_FULL',
    'Too many questions wait for the analytics store; ask again later.',
    { retryAfterSeconds: RETRY_SECONDS, quota },
  );
}

/** Whether an equal question shares the answer of one that started then, in milliseconds; undefined: it still waits. */
export function canJoin(startedAt: number | undefined, now: number): boolean {
  return startedAt === undefined || now - startedAt <= JOIN_MS;
}

export function cancelledCall(): AppError {
  return new AppError('cancelled', 'CANCELLED', 'The call was cancelled.');
}
