import { Module } from '@nestjs/common';
import { AuthorizationModule } from '../../people/authorization/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { CampaignModule } from '../campaign/index.js';
import { ScheduledStartStore } from './scheduled-start.store.js';
import { ScheduledStarts } from './scheduled-starts.service.js';
import { StartScheduledCampaign } from './steering.jobs.js';
import { SteeringRpc } from './steering.rpc.js';

/**
 * What people do with a campaign beside making it, starting it by hand and cancelling it. A scheduled start is a wall time in a
 * zone. Invariants: a campaign has at most one start that waits; it starts the campaign at most once, and only if its
 * scheduler still may; a start that does not happen says why.
 */
@Module({
  imports: [AuthorizationModule, CampaignModule, OrganizationModule],
  controllers: [SteeringRpc],
  providers: [ScheduledStarts, ScheduledStartStore, StartScheduledCampaign],
})
export class SteeringModule {}
