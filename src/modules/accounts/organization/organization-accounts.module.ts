import { Module } from '@nestjs/common';
import { ProjectModule } from '../../analytics/project/index.js';
import { MemberModule } from '../../people/member/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { RoleModule } from '../../people/role/index.js';
import { AnalyticsInvitations } from './analytics-invitations.service.js';
import { AnalyticsMembers } from './analytics-members.service.js';
import { AnalyticsRoles } from './analytics-roles.service.js';
import { DocumentedOrgsRpc } from './documented-orgs.rpc.js';
import { NewOrganizations } from './new-organizations.service.js';
import { OwnOrganizations } from './own-organizations.service.js';
import { ShippedOrgsRpc } from './shipped-orgs.rpc.js';

/**
 * Organizations, members and invitations as the contracts of analytics show them: views of those that are there, by the
 * permissions of their roles.
 * Invariants: who may do nothing of analytics neither shows nor sees anything here; a role that is given allows what it
 * shows as; whatever members may not do to each other elsewhere they may not do here.
 */
@Module({
  imports: [MemberModule, OrganizationModule, ProjectModule, RoleModule],
  controllers: [DocumentedOrgsRpc, ShippedOrgsRpc],
  providers: [AnalyticsInvitations, AnalyticsMembers, AnalyticsRoles, NewOrganizations, OwnOrganizations],
})
export class OrganizationAccountsModule {}
