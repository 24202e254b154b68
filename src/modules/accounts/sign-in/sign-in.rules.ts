import {
  AppError,
  invalidArgument,
  permissionDenied,
  unauthenticated,
} from '../../../platform/errors/index.js';

const minute = 60_000;
const day = 24 * 60 * minute;

export const LINK_MINUTES = 15;
/** Links are kept for as long as they count. */
export const LINKS_KEPT_MS = day;
export const SENDS_WINDOW_MS = 10 * minute;

/** Links for one address: in the window to one client, in the window to all, in a day. */
const MOST_BY_CLIENT = 3;
const MOST_BY_ALL = 15;
const MOST_A_DAY = 60;

/** When links for an address were asked for, newest first: enough of them to decide. */
export interface RecentLinks {
  byClient: readonly Date[];
  byAll: readonly Date[];
}

/** How many times of each kind decide. */
export const DECISIVE = { byClient: MOST_BY_CLIENT, byAll: MOST_A_DAY };

export function linkExpiry(now: Date): Date {
  return new Date(now.getTime() + LINK_MINUTES * minute);
}

/** Counts every address alike, with or without an account. */
export function refuseLink({ byClient, byAll }: RecentLinks, now: Date): AppError | undefined {
  const ends = [
    endOf(byClient, MOST_BY_CLIENT, SENDS_WINDOW_MS),
    endOf(byAll, MOST_BY_ALL, SENDS_WINDOW_MS),
    endOf(byAll, MOST_A_DAY, day),
  ].filter((end) => end > now.getTime());
  if (ends.length === 0) return undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil((Math.max(...ends) - now.getTime()) / 1000));
  const description = `A client gets ${MOST_BY_CLIENT} links for an address in ${SENDS_WINDOW_MS / minute} minutes, all clients together ${MOST_BY_ALL}.`;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_LINKS',
    `Too many sign-in links were requested. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, quota: { subject: 'email address', description } },
  );
}

/** When the oldest of the latest `most` is `windowMs` old; 0 when there are fewer. */
function endOf(times: readonly Date[], most: number, windowMs: number): number {
  const oldest = times[most - 1];
  return oldest ? oldest.getTime() + windowMs : 0;
}

/** One text for wrong, expired, used and withdrawn tokens of every purpose. */
export function linkRefused(): AppError {
  return new AppError('invalid_argument', 'INVALID_TOKEN', 'invalid or expired link');
}

/** One text for unknown, expired, used and revoked. */
export function sessionExpired(): AppError {
  return unauthenticated('INVALID_TOKEN', 'session expired');
}

export function demoUnavailable(): AppError {
  return new AppError('unavailable', 'DEMO_UNAVAILABLE', 'demo sign-in is not available');
}

export function providerDisabled(): AppError {
  return new AppError('invalid_argument', 'OAUTH_PROVIDER_DISABLED', 'oauth provider is not configured');
}

/** The cause is for the operator's log: a provider's words may help an attacker. */
export function credentialInvalid(cause: unknown): AppError {
  return unauthenticated('OAUTH_CREDENTIAL_INVALID', 'oauth sign-in failed', cause);
}

export function addressNotVerified(): AppError {
  return new AppError('invalid_argument', 'INVALID_ARGUMENT', 'email not verified by identity provider');
}

/** The dashboard's own page, to the letter, so that a code cannot be redeemed for another one. */
export function refuseRedirect(uri: string, dashboardUrl: string): AppError | undefined {
  const own = [new URL('/oauth/callback', dashboardUrl).toString(), `${dashboardUrl}/oauth/callback`];
  if (own.includes(uri)) return undefined;
  const description = `must be ${own[0] ?? ''}, the callback of the dashboard (DASHBOARD_URL)`;
  return invalidArgument([{ field: 'redirect_uri', description }]);
}

/** Where a person is a member, as far as it decides a sign-in. */
export interface Belonging {
  ssoEnforced: boolean;
}

/** What a sign-in without an identity provider leads to; `found`: to a new organization. */
export function outcomeOf(
  memberships: readonly Belonging[],
  { open }: { open: boolean },
): 'enter' | 'found' | AppError {
  if (memberships.length === 0) return open ? 'found' : notInvited();
  if (memberships.some(({ ssoEnforced }) => !ssoEnforced)) return 'enter';
  return permissionDenied(
    'SSO_REQUIRED',
    'Your organization requires single sign-on; sign in through its identity provider.',
  );
}

export function notInvited(): AppError {
  return permissionDenied(
    'NOT_INVITED',
    'You are in no organization here, and only invited people may sign up; ask an admin to invite you.',
  );
}

/** Whether a role reads analytics and does nothing that changes something: `permissions` of the role. */
export function isViewer(
  permissions: readonly number[],
  reading: ReadonlySet<number>,
  needed: number,
): boolean {
  return permissions.includes(needed) && permissions.every((permission) => reading.has(permission));
}
