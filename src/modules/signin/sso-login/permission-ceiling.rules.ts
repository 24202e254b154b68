import type { Connection } from '../sso/index.js';

/**
 * Whether a connection may sign in a member with these permissions. The admin who sets up a connection
 * chooses the provider, and could sign in as any member it admits; so it admits no member with more
 * permissions than that admin. The default role is always admitted, even when an API key without its
 * permissions set the connection up.
 */
export function isWithinCeiling(
  { unrestricted, ceiling }: Pick<Connection, 'unrestricted' | 'ceiling'>,
  permissions: readonly number[],
  usual: readonly number[],
): boolean {
  return unrestricted || permissions.every((one) => ceiling.includes(one) || usual.includes(one));
}
