import type { ForcedSubject } from '@casl/ability';
import { Permission, type Policy } from '../../../platform/access/index.js';
import { permissionsOf } from '../../../platform/caller/caller.js';

/** A device as the policy sees it: by whose it is. */
interface DeviceSubject extends ForcedSubject<'device'> {
  userId: string;
}

/** Everybody sees their own devices; those of others take the permission to read members. */
export const devicePolicy: Policy = (caller, { can }) => {
  if (caller.kind === 'member') can<DeviceSubject>('read', 'device', { userId: caller.userId });
  if (permissionsOf(caller).has(Permission.MEMBERS_READ)) can('read', 'device');
};
