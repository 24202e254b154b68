import { type Permission, permissionName, uselessToKey } from '../../../platform/access/index.js';
import { AppError, invalidArgument, permissionDenied } from '../../../platform/errors/index.js';

/** Numbers of pidgr.v1.KeyType. */
export const keyTypes = { unspecified: 0, apiKey: 1, scimToken: 2 } as const;

/** Keys of one organization that are neither revoked nor expired. */
const LIVE_KEYS_LIMIT = 200;

export function refuseExpiry(
  expiresAt: Date | null,
  now: Date,
  /** When the key that makes this one ends; null when it never does, or when a person makes it. */
  makerExpiresAt: Date | null,
): AppError | undefined {
  // An invalid date is not later than now either.
  if (expiresAt && !(expiresAt > now))
    return invalidArgument([{ field: 'expires_at', description: 'must lie in the future' }]);
  if (makerExpiresAt && !(expiresAt && expiresAt <= makerExpiresAt)) {
    return permissionDenied(
      'GRANT_EXCEEDS_OWN',
      `A key cannot outlive the key that makes it: this one ends at ${makerExpiresAt.toISOString()}.`,
    );
  }
  return undefined;
}

/** What no call open to keys asks for is left out, unless the key can give it away. SCIM tokens give it by their groups. */
export function refuseUseless(permissions: readonly Permission[], keyType: number): AppError | undefined {
  const useless = keyType === keyTypes.scimToken ? [] : uselessToKey(permissions);
  if (useless.length === 0) return undefined;
  const names = useless.map(permissionName).join(', ');
  const description = `must not hold ${names}: calls that need it are for people, and refuse API keys`;
  return invalidArgument([{ field: 'permissions', description }]);
}

export function refuseOverLimit(liveKeys: number): AppError | undefined {
  if (liveKeys < LIVE_KEYS_LIMIT) return undefined;
  const description = `An organization may have ${LIVE_KEYS_LIMIT} API keys; revoke one first.`;
  return new AppError('resource_exhausted', 'API_KEY_LIMIT', description, {
    quota: { subject: 'organization', description },
  });
}
