import {
  alreadyExists,
  AppError,
  failedPrecondition,
  invalidArgument,
  unauthenticated,
} from '../../../platform/errors/index.js';
import type { VerifiedUse } from './passkey.js';

const PASSKEYS_LIMIT = 20;
export const CHALLENGE_MS = 5 * 60_000;

export function challengeExpiry(now: Date): Date {
  return new Date(now.getTime() + CHALLENGE_MS);
}

export function refuseOverLimit(held: number): AppError | undefined {
  if (held < PASSKEYS_LIMIT) return undefined;
  return failedPrecondition(
    'PASSKEY_LIMIT',
    `A person may have ${PASSKEYS_LIMIT} passkeys; remove one that you no longer use.`,
  );
}

/**
 * Whether an authenticator contradicts what it said before. Those that count nothing, as all do whose keys wander
 * between devices, say zero each time.
 */
export function wentBack(known: { signCount: number }, use: { signCount: number }): boolean {
  return (known.signCount > 0 || use.signCount > 0) && use.signCount <= known.signCount;
}

/** Whether a key may be copied is fixed when it is made. */
export function isSameKind(known: { backupEligible: boolean }, use: VerifiedUse): boolean {
  return known.backupEligible === use.backupEligible;
}

/** Origins are compared as they are written; only of this machine may every port be meant. */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) =>
    entry === 'http://localhost:*' ? /^http:\/\/localhost(:\d{1,5})?$/.test(origin) : entry === origin,
  );
}

/** One text, whatever does not hold: nothing can be learned from trying. */
export function passkeyInvalid(cause?: unknown): AppError {
  return unauthenticated(
    'PASSKEY_INVALID',
    'The passkey is not registered, or its assertion is invalid; start again.',
    cause,
  );
}

export function registrationRefused(why: string, cause?: unknown): AppError {
  const { kind, message, details } = invalidArgument([{ field: 'credential_json', description: why }]);
  return new AppError(kind, 'PASSKEY_REFUSED', message, details, cause);
}

export function passkeyMissing(): AppError {
  return failedPrecondition(
    'PASSKEY_NOT_REGISTERED',
    'You have no registered passkey; prove who you are with a code.',
  );
}

export function enrollmentRefused(): AppError {
  return failedPrecondition(
    'PASSKEY_NOT_REGISTERED',
    'You have no registered passkey yet; register one on this device, then confirm again.',
  );
}

export function passkeyExists(): AppError {
  return alreadyExists('PASSKEY_EXISTS', 'This passkey is registered already.');
}
