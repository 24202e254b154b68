import { Module } from '@nestjs/common';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import { type ServedMethod, upcomingRpc } from './upcoming.rpc.js';

const wholeServices = [HeatmapService, ReplayService];

/** The RPCs of the contract that are still to come; a line leaves when its module arrives. */
@Module({
  controllers: [...wholeServices.map((service) => upcomingRpc(service.methods as ServedMethod[]))],
})
export class UpcomingModule {}
