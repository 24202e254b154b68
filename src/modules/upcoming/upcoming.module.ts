import { Module } from '@nestjs/common';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { type ServedMethod, upcomingRpc } from './upcoming.rpc.js';

const wholeServices = [HeatmapService, ReplayService, SSOService];

const { method: member } = MemberService;
const { method: organization } = OrganizationService;
const { method: template } = TemplateService;

/** The RPCs of the contract that are still to come; a line leaves when its module arrives. */
@Module({
  controllers: [
    ...wholeServices.map((service) => upcomingRpc(service.methods as ServedMethod[])),
    upcomingRpc([member.bulkInviteUsers, member.confirmPasskeyEnrollment, member.updateUserRegion]),
    upcomingRpc([
      organization.createSandboxOrganization,
      organization.deleteSandboxOrganization,
      organization.listSandboxFixtures,
      organization.listUserSandboxes,
    ]),
    upcomingRpc([
      template.createTemplateTranslation,
      template.updateTemplateTranslation,
      template.listTemplateTranslations,
      template.approveTemplateTranslation,
    ]),
  ],
})
export class UpcomingModule {}
