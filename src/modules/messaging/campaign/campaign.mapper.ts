import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type AudienceMember as AudienceMemberMessage,
  type CampaignAudienceEntrySchema,
  type CampaignSchema,
  type CreateCampaignRequest,
  type DeliverySchema,
  type UpdateCampaignRequest,
} from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  type DeliveryStatus as DeliveryStatusMessage,
  WorkflowDefinitionSchema,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { fromDefinition, toDefinition } from '../../people/organization/index.js';
import { type Delivery, deliveryStatus, type DeliveryStatus } from '../delivery/index.js';
import type { AudienceEntry, CampaignReport } from './campaign.js';
import type { CampaignChange, GivenAudience, NewCampaign } from './campaign.service.js';

export function toNewCampaign(request: CreateCampaignRequest): NewCampaign {
  return {
    name: request.name,
    templateId: request.templateId,
    templateVersion: request.templateVersion,
    senderName: request.senderName,
    title: request.title,
    // Its presence is a rule of the contract.
    workflow: toDefinition(request.workflow ?? create(WorkflowDefinitionSchema)),
    audience:
      request.audience.length > 0 ? givenAudience(request.audience, 'audience') : givenIds(request.userIds),
    critical: request.critical,
    includeRestricted: request.includeRestricted,
    waitForEnrollment: request.waitForEnrollment,
    defaultLocale: request.defaultLocale,
  };
}

export function toCampaignChange(request: UpdateCampaignRequest): CampaignChange {
  const { workflow, audienceReplacement } = request;
  return {
    id: request.campaignId,
    name: request.name,
    templateId: request.templateId,
    templateVersion: request.templateVersion,
    senderName: request.senderName,
    title: request.title,
    workflow: workflow && toDefinition(workflow),
    audience:
      audienceReplacement && givenAudience(audienceReplacement.members, 'audience_replacement.members'),
  };
}

function givenAudience(members: readonly AudienceMemberMessage[], field: string): GivenAudience {
  return { members, path: (index, name) => `${field}[${index}].${name}` };
}

function givenIds(userIds: readonly string[]): GivenAudience {
  return {
    members: userIds.map((userId) => ({ userId, variables: {} })),
    path: (index) => `user_ids[${index}]`,
  };
}

export function fromCampaign(campaign: CampaignReport): MessageInitShape<typeof CampaignSchema> {
  const { counters, progress, currentAudienceSize } = campaign;
  return {
    id: campaign.id,
    name: campaign.name,
    templateId: campaign.templateId,
    templateVersion: campaign.templateVersion,
    audienceSnapshotRef: campaign.audienceSnapshotRef,
    status: campaign.status,
    workflow: fromDefinition(campaign.workflow),
    totalRecipients: counters.recipients,
    actionCompletedCount: counters.acknowledged,
    missedCount: counters.missed,
    createdAt: timestampFromDate(campaign.createdAt),
    startedAt: optionalTimestamp(campaign.startedAt),
    completedAt: optionalTimestamp(campaign.completedAt),
    senderName: campaign.senderName,
    title: campaign.title,
    critical: campaign.critical,
    defaultLocale: campaign.defaultLocale,
    waitForEnrollment: campaign.waitForEnrollment,
    synthetic: campaign.synthetic,
    audienceSnapshotSize: campaign.audienceSize,
    currentAudienceSize,
    audienceSnapshotStale: currentAudienceSize > campaign.audienceSize,
    workflowProgress: progress
      ? {
          currentStepId: progress.stepId,
          stepEnteredAt: timestampFromDate(progress.enteredAt),
          nextWakeAt: optionalTimestamp(progress.wakeAt),
        }
      : undefined,
  };
}

/** UNSPECIFIED means all. */
export function toStatusFilter(status: DeliveryStatusMessage): DeliveryStatus | undefined {
  return Object.values(deliveryStatus).find((known) => known === Number(status));
}

export function fromAudienceEntry(
  entry: AudienceEntry,
): MessageInitShape<typeof CampaignAudienceEntrySchema> {
  return {
    member: { userId: entry.userId, variables: entry.variables },
    email: entry.email,
    displayName: entry.name,
    active: entry.active,
  };
}

export function fromDelivery(delivery: Delivery): MessageInitShape<typeof DeliverySchema> {
  return {
    id: delivery.id,
    userId: delivery.userId,
    campaignId: delivery.campaignId,
    status: delivery.status,
    deliveredAt: optionalTimestamp(delivery.deliveredAt),
    readAt: optionalTimestamp(delivery.readAt),
    actedAt: optionalTimestamp(delivery.actedAt),
    recipientEmail: delivery.recipientEmail,
    synthetic: delivery.synthetic,
    kind: delivery.kind,
    parentDeliveryId: delivery.parentDeliveryId ?? '',
    renderedLocale: delivery.renderedLocale,
  };
}

function optionalTimestamp(date: Date | null) {
  return date ? timestampFromDate(date) : undefined;
}
