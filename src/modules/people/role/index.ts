export { RoleEntity } from './role.entity.js';
export { toRole } from './role.mapper.js';
export { RoleModule } from './role.module.js';
export { invitationDefault, normalized, grantsMore, refuseGrant, superAdmin } from './role.rules.js';
export { Roles } from './role.service.js';
