import { Module } from '@nestjs/common';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { type ServedMethod, upcomingRpc } from './upcoming.rpc.js';

const wholeServices = [GroupService, HeatmapService, ReplayService, SSOService, TeamService];

const { method: campaign } = CampaignService;
const { method: member } = MemberService;
const { method: organization } = OrganizationService;
const { method: template } = TemplateService;

/** The RPCs of the contract that are still to come; a line leaves when its module arrives. */
@Module({
  controllers: [
    ...wholeServices.map((service) => upcomingRpc(service.methods as ServedMethod[])),
    upcomingRpc([
      campaign.getCampaignArchetypeBreakdown,
      campaign.resolveOrCreateShortCode,
      campaign.getCampaignByShortCode,
    ]),
    upcomingRpc([member.bulkInviteUsers, member.confirmPasskeyEnrollment, member.updateUserRegion]),
    upcomingRpc([
      organization.rotateAnalyticsSalt,
      organization.updateAnalyticsEpsilon,
      organization.getOrgPrivacySettings,
      organization.updateOrgPrivacySettings,
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
