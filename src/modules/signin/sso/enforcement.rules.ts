import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';

const HOUR = 3_600_000;
const USUAL_HOURS = 24;

export interface Readiness {
  activeConnection: boolean;
  /** One that lets super admins in. */
  connectionForAll: boolean;
  provenDomain: boolean;
  /** When the caller's last good test login through an active connection was. */
  testedAt: Date | undefined;
}

/**
 * The admin who enforces SSO must have completed a test login, so that the organization is not locked out.
 */
export function refuseEnforcement(
  { activeConnection, connectionForAll, provenDomain, testedAt }: Readiness,
  now: Date,
): AppError | undefined {
  if (!activeConnection) {
    return failedPrecondition('NO_ACTIVE_CONNECTION', 'No connection is active; activate one first.');
  }
  if (!connectionForAll) {
    return failedPrecondition(
      'NO_CONNECTION_FOR_ALL',
      'No active connection admits super admins; have a super admin save the settings of a connection first.',
    );
  }
  if (!provenDomain) {
    return failedPrecondition('NO_PROVEN_DOMAIN', 'No domain is proven; prove one first.');
  }
  if (testedAt && now.getTime() - testedAt.getTime() <= HOUR) return undefined;
  return failedPrecondition(
    'TEST_LOGIN_MISSING',
    'Sign in through an active connection with a test login first, with your own address; it counts for an hour.',
  );
}

export interface Bearer {
  isActiveSuperAdmin: boolean;
  /** When they last proved a passkey. */
  passkeyProvenAt: Date | undefined;
}

/** Break-glass access is armed only for super admins who have recently signed in with a passkey. */
export function refuseArming(
  { isActiveSuperAdmin, passkeyProvenAt }: Bearer,
  now: Date,
): AppError | undefined {
  if (!isActiveSuperAdmin) {
    return failedPrecondition('NOT_A_SUPER_ADMIN', 'Break-glass access is for active super admins only.');
  }
  if (passkeyProvenAt && now.getTime() - passkeyProvenAt.getTime() <= 24 * HOUR) return undefined;
  return failedPrecondition(
    'PASSKEY_NOT_PROVEN',
    'This super admin has not signed in with a registered passkey within the last 24 hours.',
  );
}

/** 0 hours mean the usual ones. */
export function breakGlassEnd(hours: number, now: Date): Date {
  return new Date(now.getTime() + (hours || USUAL_HOURS) * HOUR);
}
