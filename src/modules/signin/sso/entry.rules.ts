import type { PersonCaller } from '../../../platform/caller/caller.js';
import type { Membership } from '../../../platform/caller/memberships.directory.js';
import { type AppError, permissionDenied } from '../../../platform/errors/index.js';

export type Entry = 'usual' | 'break_glass' | AppError;

interface Circumstances {
  now: Date;
  /** Whether organizations that have not decided take passwords. */
  passwordsByDefault: boolean;
}

/**
 * Whether a session may act in an organization: a provider's session in its own organization only; with SSO
 * enforced, no other sessions except break-glass ones; one that began with a password where passwords are taken.
 */
export function entryOf(
  { ssoOrgId, byPasskey, byPassword }: Pick<PersonCaller, 'ssoOrgId' | 'byPasskey' | 'byPassword'>,
  membership: Pick<Membership, 'orgId' | 'ssoEnforced' | 'breakGlassUntil' | 'passwordsAllowed'>,
  { now, passwordsByDefault }: Circumstances,
): Entry {
  const { orgId, ssoEnforced, breakGlassUntil, passwordsAllowed } = membership;
  if (ssoOrgId === orgId) return 'usual';
  if (ssoOrgId) {
    return permissionDenied(
      'SESSION_OF_ANOTHER_ORGANIZATION',
      'You signed in through the identity provider of another organization; sign in again to work here.',
    );
  }
  if (!ssoEnforced) {
    return byPassword && !(passwordsAllowed ?? passwordsByDefault) ? passwordNotTaken() : 'usual';
  }
  if (byPasskey && breakGlassUntil && breakGlassUntil > now) return 'break_glass';
  return permissionDenied(
    'SSO_REQUIRED',
    'This organization requires single sign-on; sign in through its identity provider.',
  );
}

function passwordNotTaken(): AppError {
  return permissionDenied(
    'PASSWORD_NOT_TAKEN',
    'You signed in with a password, which this organization does not take; sign in by a mailed link or code.',
  );
}
