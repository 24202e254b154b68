import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';
import type { AttemptResult, WebhookCall } from './webhook.js';

/** Automatic attempts of a call. */
export const MOST_ATTEMPTS = 5;
/** Between the first attempt and the second; doubled each time. */
const FIRST_PAUSE_MS = 2_000;
/** Longer than a request that is on its way can take. */
export const LONGEST_ANSWER_MS = 15_000;
/** For how long a call that has ended can be sent again and read in full. */
export const KEPT_MS = 30 * 24 * 3600 * 1000;
/** Redeliveries of one call. */
const MOST_REDELIVERIES = 95;
/** Characters of an answer that are kept. */
const ANSWER_LENGTH = 1_000;

export function isSuccess({ status }: Pick<AttemptResult, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/**
 * Whether an organization may send another request, beside so many that it and all organizations have under way. One has at most half
 * of the slots, and the last free slot is for one that has none.
 */
export function maySend({ own, all, slots }: { own: number; all: number; slots: number }): boolean {
  return own === 0 || (own < Math.floor(slots / 2) && all < slots - 1);
}

/** Milliseconds to wait after so many attempts that did not succeed; undefined when no other follows. */
export function pauseAfter(attempts: number): number | undefined {
  return attempts < MOST_ATTEMPTS ? FIRST_PAUSE_MS * 2 ** (attempts - 1) : undefined;
}

/**
 * When the next attempt begins at a call that was held: not beside a request that is on its way, whose end decides about
 * the next one. Undefined: at once.
 */
export function resumedAt({
  nextAttemptAt,
  sentAt,
}: {
  nextAttemptAt: Date | null;
  sentAt: Date | null;
}): Date | undefined {
  const answeredBy = sentAt && new Date(sentAt.getTime() + LONGEST_ANSWER_MS);
  return (
    (answeredBy && (!nextAttemptAt || answeredBy > nextAttemptAt) ? answeredBy : nextAttemptAt) ?? undefined
  );
}

/** What is kept of an answer: text without what a database or terminal chokes on. */
export function excerptOf(answer: Uint8Array): string {
  return new TextDecoder()
    .decode(answer)
    .replace(/(?![\t\n])\p{Cc}/gu, '')
    .slice(0, ANSWER_LENGTH)
    .toWellFormed();
}

export function refuseRedelivery({ id, outcome, isForgotten, attempts }: WebhookCall): AppError | undefined {
  if (outcome === null)
    return failedPrecondition(
      'WEBHOOK_CALL_OPEN',
      `Webhook call ${id} has not ended: another attempt follows.`,
    );
  if (isForgotten)
    return failedPrecondition(
      'WEBHOOK_CALL_FORGOTTEN',
      `Webhook call ${id} ended more than 30 days ago; its content has been deleted.`,
    );
  if (attempts >= MOST_ATTEMPTS + MOST_REDELIVERIES)
    return failedPrecondition(
      'WEBHOOK_CALL_REDELIVERED_TOO_OFTEN',
      `Webhook call ${id} has been sent again ${MOST_REDELIVERIES} times, which is the most.`,
    );
  return undefined;
}
