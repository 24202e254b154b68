import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { ApiKeyModule } from '../../people/api-key/index.js';
import { AuthorizationModule } from '../../people/authorization/index.js';
import { ApprovalPolicyStore } from './approval-policy.store.js';
import { ApprovalStore } from './approval.store.js';
import { Approvals } from './approvals.service.js';
import { approvalPersonalData } from './personal-data.store.js';

/**
 * The approval of what a campaign sends, by a second person. Invariants: an approval is of one content, which a digest names; it is
 * given by a member who neither requested it nor made the content, and counts while that member may give one.
 */
@Module({
  imports: [ApiKeyModule, AuthorizationModule],
  providers: [ApprovalPolicyStore, Approvals, ApprovalStore],
  exports: [Approvals],
})
export class ApprovalModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(approvalPersonalData);
  }
}
