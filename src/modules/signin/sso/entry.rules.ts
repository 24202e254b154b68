import type { PersonCaller } from '../../../platform/caller/caller.js';
import type { Membership } from '../../../platform/caller/memberships.directory.js';
import { type AppError, permissionDenied } from '../../../platform/errors/index.js';

export type Entry = 'usual' | 'break_glass' | AppError;

/**
 * Whether a session may act in an organization: a provider's session in its own organization only; with SSO
 * enforced, no other sessions except break-glass ones.
 */
export function entryOf(
  { ssoOrgId, byPasskey }: Pick<PersonCaller, 'ssoOrgId' | 'byPasskey'>,
  { orgId, ssoEnforced, breakGlassUntil }: Pick<Membership, 'orgId' | 'ssoEnforced' | 'breakGlassUntil'>,
  now: Date,
): Entry {
  if (ssoOrgId === orgId) return 'usual';
  if (ssoOrgId) {
    return permissionDenied(
      'SESSION_OF_ANOTHER_ORGANIZATION',
      'You signed in through the identity provider of another organization; sign in again to work here.',
    );
  }
  if (!ssoEnforced) return 'usual';
  if (byPasskey && breakGlassUntil && breakGlassUntil > now) return 'break_glass';
  return permissionDenied(
    'SSO_REQUIRED',
    'This organization requires single sign-on; sign in through its identity provider.',
  );
}
