import { AppError } from '../../../platform/errors/index.js';

export interface TurnLimits {
  /** Questions that run at once. */
  readonly running: number;
  /** Questions of one organization that run at once; below `running`, so that its slow questions never hold every place. */
  readonly runningOfOne: number;
  /** Questions that wait. */
  readonly waiting: number;
  /** Questions of one organization that wait. */
  readonly waitingOfOne: number;
}

/** What an organization has at the store. */
export interface Load {
  readonly running: number;
  readonly waiting: number;
}

/** For about as long as a question runs. */
const RETRY_SECONDS = 5;
/** How long after its start an equal question may join: no answer is of an older state of the store than this. */
const JOIN_MS = 1_000;

/**
 * The organization whose question runs next: of those that have one waiting, the one with the fewest that run; among equals
 * the first in `loads`, which are in the order of their last turn. Undefined: none may start.
 */
export function nextTurn(loads: Iterable<readonly [string, Load]>, limits: TurnLimits): string | undefined {
  const all = [...loads];
  const running = all.reduce((sum, [, load]) => sum + load.running, 0);
  if (running >= limits.running) return undefined;
  const ready = all.filter(([, load]) => load.waiting > 0 && load.running < limits.runningOfOne);
  const fewest = Math.min(...ready.map(([, load]) => load.running));
  return ready.find(([, load]) => load.running === fewest)?.[0];
}

/** For a question that has to wait: too many do, it included. */
export function refuseLongWait(own: number, all: number, limits: TurnLimits): AppError | undefined {
  if (own <= limits.waitingOfOne && all <= limits.waiting) return undefined;
  const ofOrganization = own > limits.waitingOfOne;
  const quota = ofOrganization
    ? { subject: 'organization', description: `At most ${limits.waitingOfOne} questions wait at once.` }
    : { subject: 'analytics', description: `At most ${limits.waiting} questions wait at once.` };
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
