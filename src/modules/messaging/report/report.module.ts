import { Module } from '@nestjs/common';
import { CampaignModule } from '../campaign/index.js';
import { DeliveryModule } from '../delivery/index.js';
import { ReportRpc } from './report.rpc.js';
import { CampaignStatistics } from './statistics.service.js';
import { Timelines } from './timeline.service.js';

/**
 * A report says how a campaign, or one delivery, has fared. Invariants: it changes nothing; the figures of a campaign are all of
 * one instant; it tells no instant and no reason that is not stored.
 */
@Module({
  imports: [CampaignModule, DeliveryModule],
  controllers: [ReportRpc],
  providers: [CampaignStatistics, Timelines],
})
export class ReportModule {}
