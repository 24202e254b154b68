import { CampaignApprovalService } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { CampaignFeedService } from '@dovecote/contract/dovecote/campaign/v1/feed_pb';
import { CampaignReportService } from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { AudienceService } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { TestMessageService } from '@dovecote/contract/dovecote/campaign/v1/test_pb';
import { WebhookService } from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  largeRequest,
  named,
  permission,
  read,
  recentProof,
  rowsOf,
  type ServiceRows,
  write,
} from '../access-rule.js';

export const dovecoteCampaign: readonly ServiceRows[] = [
  rowsOf(CampaignReportService, {
    getCampaignStatistics: read(permission(P.CAMPAIGNS_READ), anyProof),
    getDeliveryTimeline: read(permission(P.CAMPAIGNS_READ), anyProof),
  }),
  // Setting it needs ANALYTICS_WRITE as well, which the service asks for.
  rowsOf(CampaignFeedService, {
    setCampaignFeed: write(permission(P.ORG_WRITE), recentProof('api_key'), 'ORG_UPDATED'),
    getCampaignFeed: read(permission(P.ANALYTICS_READ), anyProof),
  }),
  // For people: a key is no second person.
  rowsOf(CampaignApprovalService, {
    setApprovalPolicy: write(named(P.ORG_WRITE), recentProof(), 'ORG_UPDATED'),
    getApprovalPolicy: read(permission(P.ORG_READ), anyProof),
    requestCampaignApproval: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_APPROVAL_REQUESTED'),
    approveCampaign: write(named(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_APPROVED'),
    rejectCampaign: write(named(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_REJECTED'),
    listCampaignApprovals: read(permission(P.CAMPAIGNS_READ), anyProof),
  }),
  rowsOf(AudienceService, {
    createAudienceRule: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'AUDIENCE_RULE_CREATED'),
    listAudienceRules: read(permission(P.CAMPAIGNS_READ), anyProof),
    getAudienceRule: read(permission(P.CAMPAIGNS_READ), anyProof),
    updateAudienceRule: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'AUDIENCE_RULE_UPDATED'),
    deleteAudienceRule: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'AUDIENCE_RULE_DELETED'),
    // Members may be read as well, which the service asks for.
    previewAudience: largeRequest(read(permission(P.CAMPAIGNS_WRITE), anyProof)),
    resolveAudience: largeRequest(write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_UPDATED')),
    uploadAudience: largeRequest(write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_UPDATED')),
    listLeftOut: read(permission(P.CAMPAIGNS_READ), anyProof),
  }),
  rowsOf(TestMessageService, {
    sendTestMessage: write(named(P.CAMPAIGNS_WRITE), anyProof, 'TEST_MESSAGE_SENT'),
  }),
  rowsOf(WebhookService, {
    listWebhookCalls: read(permission(P.CAMPAIGNS_READ), anyProof),
    getWebhookCall: read(permission(P.CAMPAIGNS_READ), anyProof),
    redeliverWebhookCalls: write(permission(P.CAMPAIGNS_START), anyProof, 'WEBHOOK_REDELIVERED'),
    listWebhookSecrets: read(permission(P.ORG_READ), anyProof),
    rotateWebhookSecret: write(named(P.ORG_WRITE), recentProof(), 'WEBHOOK_SECRET_ROTATED'),
  }),

  rowsOf(CampaignSteeringService, {
    scheduleCampaignStart: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_START_SCHEDULED'),
    cancelScheduledStart: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_START_UNSCHEDULED'),
    pauseCampaign: write(permission(P.CAMPAIGNS_START, P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_PAUSED'),
    resumeCampaign: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_RESUMED'),
    setAutomaticPause: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_UPDATED'),
    duplicateCampaign: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_CREATED'),
    getCampaignSteering: read(permission(P.CAMPAIGNS_READ), anyProof),
    listScheduledStarts: read(permission(P.CAMPAIGNS_READ), anyProof),
  }),
];
