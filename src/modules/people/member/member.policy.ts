import type { ForcedSubject } from '@casl/ability';
import { allPermissions, Permission, type Policy } from '../../../platform/access/index.js';
import { permissionsOf } from '../../../platform/caller/caller.js';

/** A member as the policy sees them: by what their role may do. */
interface MemberSubject extends ForcedSubject<'member'> {
  rolePermissions: readonly Permission[];
}

/** Managing members stops at those who hold more than oneself: an admin does not touch a super admin. */
export const memberPolicy: Policy = (caller, { can, cannot }) => {
  const held = permissionsOf(caller);
  if (!held.has(Permission.MEMBERS_MANAGE)) return;
  const lacking = allPermissions.filter((permission) => !held.has(permission));
  can('change', 'member');
  cannot<MemberSubject>('change', 'member', { rolePermissions: { $in: lacking } });
};
