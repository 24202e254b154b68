import { Module } from '@nestjs/common';
import { ProjectModule } from '../../analytics/project/index.js';
import { DocumentedProjectsRpc } from './documented-projects.rpc.js';
import { ProjectAccounts } from './project-accounts.service.js';
import { ShippedProjectsRpc } from './shipped-projects.rpc.js';

/**
 * Projects and their keys as the two public contracts have them. All of it is kept by analytics/project.
 * Invariants: a contract shows and revokes only the keys of the families that it knows; what changes a project is for admins in the
 * shipped contract, and for members who change analytics in the documented one.
 */
@Module({
  imports: [ProjectModule],
  controllers: [DocumentedProjectsRpc, ShippedProjectsRpc],
  providers: [ProjectAccounts],
})
export class ProjectAccountsModule {}
