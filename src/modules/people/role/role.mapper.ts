import { create } from '@bufbuild/protobuf';
import { type Role, RoleSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import type { RoleEntity } from './role.entity.js';

export function toRole(role: RoleEntity): Role {
  return create(RoleSchema, {
    id: role.id,
    slug: role.slug,
    name: role.name,
    isDefault: role.isDefault,
    isSystem: role.isSystem,
    permissions: role.permissions,
  });
}
