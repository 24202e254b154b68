import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { rolePersonalData } from './personal-data.store.js';
import { RoleRpc } from './role.rpc.js';
import { Roles } from './role.service.js';
import { RoleStore } from './role.store.js';

/**
 * A role is a named set of permissions in one organization; each member holds exactly one.
 * Invariants: super_admin is immutable; a caller cannot add a permission that the caller does not hold; a
 * role held by members, and the default role of invitations, cannot be deleted.
 */
@Module({
  controllers: [RoleRpc],
  providers: [Roles, RoleStore],
  exports: [Roles],
})
export class RoleModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(rolePersonalData);
  }
}
