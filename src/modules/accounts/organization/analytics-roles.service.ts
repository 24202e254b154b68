import { Injectable } from '@nestjs/common';
import { organizationPermissions } from '../../../platform/access/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type RoleEntity, Roles } from '../../people/role/index.js';
import { refuseChangedRole, type RoleView, standInFor } from './role-view.rules.js';

/** The roles of an organization that stand for those of the contracts of analytics. */
@Injectable()
export class AnalyticsRoles {
  constructor(private readonly roles: Roles) {}

  /** The role to give; made when it is first asked for. */
  async provide(scope: Scope, view: RoleView): Promise<RoleEntity> {
    const role = await this.roles.provide(scope, standInFor(view, organizationPermissions));
    const refusal = refuseChangedRole(role, view);
    if (refusal) throw refusal;
    return role;
  }
}
