import { AppError, unauthenticated } from '../../platform/errors/index.js';

const minute = 60_000;
const day = 24 * 60 * minute;

export const CODE_MINUTES = 3;
export const CODE_ATTEMPTS = 5;
export const SENDS = 3;
export const SENDS_WINDOW_MS = 10 * minute;
/** Guesses at one address add up over its codes; beyond this many in a day no further code is made. */
export const WRONG_CODES_A_DAY = 50;
/** Codes are kept for as long as they count. */
export const CODES_KEPT_MS = day;
/** From the last use of a session on. */
export const SESSION_MS = 30 * day;

/** What has been sent to an address lately. */
export interface RecentCodes {
  /** Times of the sends inside the window, newest first. */
  sentAt: readonly Date[];
  /** Wrong codes tried within a day, and when the first of those codes was sent. */
  wrong: number;
  wrongSince: Date | null;
}

export function codeExpiry(now: Date): Date {
  return new Date(now.getTime() + CODE_MINUTES * minute);
}

/** Counted alike for every address, whether or not somebody has it. */
export function refuseSend(recent: RecentCodes, now: Date): AppError | undefined {
  const waits: number[] = [];
  const oldest = recent.sentAt[SENDS - 1];
  if (oldest) waits.push(oldest.getTime() + SENDS_WINDOW_MS);
  if (recent.wrong >= WRONG_CODES_A_DAY && recent.wrongSince)
    waits.push(recent.wrongSince.getTime() + CODES_KEPT_MS);
  if (waits.length === 0) return undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil((Math.max(...waits) - now.getTime()) / 1000));
  const description = `An address gets ${SENDS} codes in ${SENDS_WINDOW_MS / minute} minutes.`;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_CODES',
    `Too many codes were asked for. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, quota: { subject: 'email address', description } },
  );
}

/** One text for wrong, expired, used, replaced and never sent: nothing can be learned from trying. */
export function codeRefused(): AppError {
  return unauthenticated('CODE_INVALID', 'The code is wrong, was used, or has expired; ask for a new one.');
}

/** The same for links, and for one that somebody follows who did not ask. */
export function linkRefused(): AppError {
  return unauthenticated(
    'LINK_INVALID',
    'The link was used, has expired, or was asked for on another device; use the code.',
  );
}

/** One text for unknown, expired, used and revoked. */
export function refreshRefused(): AppError {
  return unauthenticated('REFRESH_TOKEN_INVALID', 'The session has ended; sign in again.');
}
