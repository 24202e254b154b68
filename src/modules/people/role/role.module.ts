import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { rolePersonalData } from './personal-data.store.js';
import { RoleRpc } from './role.rpc.js';
import { Roles } from './role.service.js';
import { RoleStore } from './role.store.js';

/**
 * A role is a named set of permissions inside one organization; each member holds exactly one.
 * Invariants: super_admin is immutable; nobody puts a permission into a role that they do not hold; a role that
 * somebody holds, and the one that invitations fall back to, cannot be deleted.
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
