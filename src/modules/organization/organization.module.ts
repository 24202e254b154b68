import { Module } from '@nestjs/common';
import { MemberModule } from '../member/index.js';
import { RoleModule } from '../role/index.js';
import { Founding } from './founding.js';
import { OrganizationRpc } from './organization.rpc.js';
import { Organizations } from './organization.service.js';
import { OrganizationStore } from './organization.store.js';

/**
 * An organization is a tenant: everything else belongs to one, and nothing is seen from another.
 * Invariants: it is born with the seeded roles, a workflow to offer, one super admin and what other modules contribute
 * to its founding, or not at all.
 */
@Module({
  imports: [MemberModule, RoleModule],
  controllers: [OrganizationRpc],
  providers: [Founding, Organizations, OrganizationStore],
  exports: [Founding, Organizations],
})
export class OrganizationModule {}
