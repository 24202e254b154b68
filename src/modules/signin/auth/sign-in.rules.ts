import { AppError, unauthenticated } from '../../../platform/errors/index.js';

const minute = 60_000;
const day = 24 * 60 * minute;

export const CODE_MINUTES = 3;
export const SENDS_WINDOW_MS = 10 * minute;

/** What may be asked for, and tried, of one address. */
interface CodeLimits {
  /** Wrong tries at one code. */
  attempts: number;
  /** Codes in the window. */
  sends: number;
  /** Wrong tries in a day; beyond them no further code is made. */
  wrongADay: number;
}

/** By one client. */
export const clientLimits: CodeLimits = { attempts: 5, sends: 3, wrongADay: 50 };
/**
 * Limits across all clients: higher than those of one client, so that a single attacker cannot lock the owner
 * out, and low enough to stop a distributed attack. Clients from which the owner has signed in before are
 * exempt.
 */
export const addressLimits: CodeLimits = { attempts: 20, sends: 15, wrongADay: 150 };
const SENDS_A_DAY = 60;

/** Codes are kept for as long as they count. */
export const CODES_KEPT_MS = day;
/** From the last use of a session on. */
export const SESSION_MS = 30 * day;

/** What was asked for, and tried, lately. */
export interface Recent {
  /** Times of the sends inside the window, newest first. */
  sentAt: readonly Date[];
  /** Wrong codes tried within a day, and when the first of them was. */
  wrong: number;
  wrongSince: Date | null;
}

/** What has been done with an address lately. */
export interface RecentCodes {
  byClient: Recent;
  byAll: Recent;
  /** Within a day, and when the first was sent. */
  sentToday: number;
  sentTodaySince: Date | null;
  /** Whether the owner of the address has signed in with this client before. */
  isKnownClient: boolean;
}

export function codeExpiry(now: Date): Date {
  return new Date(now.getTime() + CODE_MINUTES * minute);
}

/** Counts every address alike, with or without an account. */
export function refuseSend(recent: RecentCodes, now: Date): AppError | undefined {
  const { byClient, byAll, isKnownClient } = recent;
  const ends = [
    ...endsOf(byClient, clientLimits),
    ...(isKnownClient ? [] : [...endsOf(byAll, addressLimits), ...endOfDay(recent)]),
  ];
  if (ends.length === 0) return undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil((Math.max(...ends) - now.getTime()) / 1000));
  const description = `A client gets ${clientLimits.sends} codes for an address in ${SENDS_WINDOW_MS / minute} minutes, all clients together ${addressLimits.sends}.`;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_CODES',
    `Too many codes were requested. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, quota: { subject: 'email address', description } },
  );
}

/** When the exceeded limits admit another attempt. */
function endsOf({ sentAt, wrong, wrongSince }: Recent, { sends, wrongADay }: CodeLimits): number[] {
  const oldest = sentAt[sends - 1];
  return [
    ...(oldest ? [oldest.getTime() + SENDS_WINDOW_MS] : []),
    ...(wrong >= wrongADay && wrongSince ? [wrongSince.getTime() + CODES_KEPT_MS] : []),
  ];
}

function endOfDay({ sentToday, sentTodaySince }: RecentCodes): number[] {
  return sentToday >= SENDS_A_DAY && sentTodaySince ? [sentTodaySince.getTime() + CODES_KEPT_MS] : [];
}

/** One text for wrong, expired, used and never sent: nothing can be learned from trying. */
export function codeRefused(): AppError {
  return unauthenticated('CODE_INVALID', 'The code is wrong, was used, or has expired; ask for a new one.');
}

/** The same for links, also when another device requested the link. */
export function linkRefused(): AppError {
  return unauthenticated(
    'LINK_INVALID',
    'The link was used, has expired, or was requested on another device; use the code.',
  );
}

/** One text for unknown, expired, used and revoked. */
export function refreshRefused(): AppError {
  return unauthenticated('REFRESH_TOKEN_INVALID', 'The session has ended; sign in again.');
}
