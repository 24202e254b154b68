import { Module, type OnModuleInit } from '@nestjs/common';
import { AuthorizationModule } from '../../people/authorization/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { ApprovalModule } from '../approval/index.js';
import { CampaignEdits, CampaignModule } from '../campaign/index.js';
import { ApprovalRpc } from './approval.rpc.js';
import { CampaignApprovals } from './campaign-approvals.service.js';
import { ScheduledStartStore } from './scheduled-start.store.js';
import { ScheduledStarts } from './scheduled-starts.service.js';
import { StartScheduledCampaign } from './steering.jobs.js';
import { SteeringRpc } from './steering.rpc.js';

/**
 * What people do with a campaign beside making it, starting it by hand and cancelling it. A scheduled start is a wall time in a
 * zone. Invariants: a campaign has at most one start that waits; it starts the campaign at most once, and only if its
 * scheduler still may and it is still what was scheduled; a start that does not happen says why. An approval is decided by a person who
 * did not make what it approves.
 */
@Module({
  imports: [ApprovalModule, AuthorizationModule, CampaignModule, OrganizationModule],
  controllers: [ApprovalRpc, SteeringRpc],
  providers: [CampaignApprovals, ScheduledStarts, ScheduledStartStore, StartScheduledCampaign],
})
export class SteeringModule implements OnModuleInit {
  constructor(
    private readonly edits: CampaignEdits,
    private readonly starts: ScheduledStarts,
  ) {}

  onModuleInit(): void {
    this.edits.contribute((scope, campaignId, digest) => this.starts.followEdit(scope, campaignId, digest));
  }
}
