import { Module } from '@nestjs/common';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { type ServedMethod, upcomingRpc } from './upcoming.rpc.js';

const wholeServices = [HeatmapService, ReplayService, SSOService];

const { method: organization } = OrganizationService;

/** The RPCs of the contract that are still to come; a line leaves when its module arrives. */
@Module({
  controllers: [
    ...wholeServices.map((service) => upcomingRpc(service.methods as ServedMethod[])),
    upcomingRpc([
      organization.createSandboxOrganization,
      organization.deleteSandboxOrganization,
      organization.listSandboxFixtures,
      organization.listUserSandboxes,
    ]),
  ],
})
export class UpcomingModule {}
