import {
  alreadyExists,
  AppError,
  failedPrecondition,
  unauthenticated,
} from '../../../platform/errors/index.js';

const minute = 60_000;

/** Guesses count for a day. */
export const GUESSES_KEPT_MS = 24 * 60 * minute;

interface GuessLimit {
  most: number;
  windowMs: number;
}

/** Guesses of one client at one address. */
export const clientLimit: GuessLimit = { most: 5, windowMs: 15 * minute };
/**
 * Guesses of all clients at one address. A flood of them blocks the password for a day, not the account: mailed links
 * still work.
 */
const addressLimit: GuessLimit = { most: 100, windowMs: GUESSES_KEPT_MS };

/** What has been tried at an address lately. */
export interface RecentGuesses {
  /** By this client, within its window. */
  byClient: number;
  byClientSince: Date | null;
  /** By all clients, within a day. */
  byAll: number;
  byAllSince: Date | null;
}

/** Counts addresses alike, with or without an account. */
export function refuseGuess(recent: RecentGuesses, now: Date): AppError | undefined {
  const { byClient, byClientSince, byAll, byAllSince } = recent;
  const ends = [...endOf(clientLimit, byClient, byClientSince), ...endOf(addressLimit, byAll, byAllSince)];
  if (ends.length === 0) return undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil((Math.max(...ends) - now.getTime()) / 1000));
  const description = `A client may try ${clientLimit.most} passwords of an address in ${clientLimit.windowMs / minute} minutes, all clients together ${addressLimit.most} a day.`;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_PASSWORDS',
    `Too many passwords were tried. Try again in ${retryAfterSeconds} s, or sign in by a mailed link.`,
    { retryAfterSeconds, quota: { subject: 'email address', description } },
  );
}

function endOf({ most, windowMs }: GuessLimit, made: number, since: Date | null): number[] {
  return made >= most && since ? [since.getTime() + windowMs] : [];
}

/** One text for an unknown address, a wrong password, none at all, and where passwords are not taken. */
export function credentialsRefused(): AppError {
  return unauthenticated(
    'INVALID_CREDENTIALS',
    'invalid credentials; if you have no password, ask for a sign-in link by mail',
  );
}

/** Told to the owner of the mailbox only. */
export function accountExists(): AppError {
  return alreadyExists(
    'ACCOUNT_EXISTS',
    'An account with this address has a password already; sign in with it, or by the mailed link.',
  );
}

export function refusePasswordsOff(taken: boolean): AppError | undefined {
  if (taken) return undefined;
  return failedPrecondition(
    'PASSWORDS_OFF',
    'No organization of yours takes passwords; sign in by a mailed link.',
  );
}

/** What an organization has decided, else what the operator has. */
export function takesPasswords(decided: boolean | null, byDefault: boolean): boolean {
  return decided ?? byDefault;
}
