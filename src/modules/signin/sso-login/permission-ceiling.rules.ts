import type { Connection } from '../sso/index.js';

/**
 * Whether a connection may speak for somebody who may do this. Whoever sets one up chooses the provider, and with it who
 * comes in as whom: nobody who may do more than they. The usual role is within reach, whatever a key that set it up held.
 */
export function isWithinCeiling(
  { unrestricted, ceiling }: Pick<Connection, 'unrestricted' | 'ceiling'>,
  permissions: readonly number[],
  usual: readonly number[],
): boolean {
  return unrestricted || permissions.every((one) => ceiling.includes(one) || usual.includes(one));
}
