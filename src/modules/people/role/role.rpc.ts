import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateRoleRequest,
  type CreateRoleResponseSchema,
  type DeleteRoleRequest,
  type DeleteRoleResponseSchema,
  type ListRolesRequest,
  type ListRolesResponseSchema,
  RoleService,
  type UpdateRoleRequest,
  type UpdateRoleResponseSchema,
} from '@dovecote/contract/pidgr/v1/role_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toRole } from './role.mapper.js';
import { Roles } from './role.service.js';

@Controller()
export class RoleRpc {
  constructor(private readonly roles: Roles) {}

  @Rpc(RoleService.method.listRoles)
  async listRoles(
    _request: ListRolesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListRolesResponseSchema>> {
    return { roles: (await this.roles.list(scope)).map(toRole) };
  }

  @Rpc(RoleService.method.createRole)
  async createRole(
    request: CreateRoleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateRoleResponseSchema>> {
    return { role: toRole(await this.roles.create(scope, request)) };
  }

  @Rpc(RoleService.method.updateRole)
  async updateRole(
    request: UpdateRoleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateRoleResponseSchema>> {
    return { role: toRole(await this.roles.update(scope, { ...request, id: request.roleId })) };
  }

  @Rpc(RoleService.method.deleteRole)
  async deleteRole(
    request: DeleteRoleRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteRoleResponseSchema>> {
    await this.roles.delete(scope, request.roleId);
    return {};
  }
}
