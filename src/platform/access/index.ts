export { Abilities, type Policy } from './ability.js';
export { accessTable, services } from './access-table.js';
export { methodName } from './access-rule.js';
export { uselessToKey } from './key-permissions.js';
export {
  allPermissions,
  isPlatformPermission,
  organizationPermissions,
  Permission,
  permissionName,
} from '../permission/permissions.js';
