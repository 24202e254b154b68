import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { WorkflowDefinitionSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import {
  type CreateOrganizationRequest,
  type CreateSandboxOrganizationRequest,
  type Organization,
  OrganizationSchema,
  SsoAttributeMappingSchema,
  type UpdateOrganizationRequest,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { fromDefinition, toDefinition } from './workflow.mapper.js';
import type { OrganizationEntity } from './organization.entity.js';
import type { OrganizationRequest } from './organization.rules.js';
import type { CampaignsOver } from './campaign-counts.js';
import type { NewOrganization } from './organization.service.js';
import type { NewSandbox } from './sandbox.service.js';

export function toOrganization(organization: OrganizationEntity): Organization {
  const { defaultWorkflow, createdAt, expiresAt, includeSyntheticInAggregates } = organization;
  return create(OrganizationSchema, {
    id: organization.id,
    name: organization.name,
    industry: organization.industry,
    companySize: organization.companySize,
    orgType: organization.orgType,
    defaultLocale: organization.defaultLocale,
    dataGovernanceRegion: organization.dataGovernanceRegion,
    mlRetrainColdThreshold: organization.mlRetrainColdThreshold,
    mlCancelledCounts: organization.mlCancelledCounts,
    mlManualLimitMonthly: organization.mlManualLimitMonthly,
    provisionalArchetypesEnabled: organization.provisionalArchetypesEnabled,
    defaultVerificationUnitLevel: organization.defaultVerificationUnitLevel,
    ssoAttributeMappings: organization.ssoAttributeMappings.map((mapping) =>
      create(SsoAttributeMappingSchema, mapping),
    ),
    defaultWorkflow: defaultWorkflow
      ? create(WorkflowDefinitionSchema, fromDefinition(defaultWorkflow))
      : undefined,
    includeSyntheticInAggregates: includeSyntheticInAggregates ?? undefined,
    createdAt: timestampFromDate(createdAt),
    expiresAt: expiresAt ? timestampFromDate(expiresAt) : undefined,
  });
}

/** No archetypes have ever been computed here: every campaign that is over has come since the last time. */
export function toDescribedOrganization(
  organization: OrganizationEntity & { campaigns: CampaignsOver },
): Organization {
  const { completed, cancelled } = organization.campaigns;
  const sinceLastTraining = completed + (organization.mlCancelledCounts ? cancelled : 0);
  return create(OrganizationSchema, {
    ...toOrganization(organization),
    totalCompletedCampaigns: completed,
    campaignsSinceLastTraining: sinceLastTraining,
    mlNeedsRetrain: sinceLastTraining >= organization.mlRetrainColdThreshold,
  });
}

export function toNewOrganization(request: CreateOrganizationRequest): NewOrganization {
  const { name, industry, companySize, dataGovernanceRegion, fixtureId } = request;
  return { name, industry, companySize, dataGovernanceRegion, fixtureId };
}

/** Validation refuses a request that says no end. */
export function toNewSandbox(request: CreateSandboxOrganizationRequest): NewSandbox {
  const { name, dataGovernanceRegion, fixtureId, expiresAt } = request;
  return {
    name: name || 'Sandbox',
    dataGovernanceRegion,
    fixtureId,
    expiresAt: expiresAt ? timestampDate(expiresAt) : new Date(0),
  };
}

/** What the request leaves unchanged, each field in its own way, becomes undefined. */
export function toOrganizationRequest(request: UpdateOrganizationRequest): OrganizationRequest {
  return {
    name: request.name || undefined,
    defaultWorkflow: request.defaultWorkflow && toDefinition(request.defaultWorkflow),
    industry: request.industry || undefined,
    companySize: request.companySize || undefined,
    defaultLocale: request.defaultLocale || undefined,
    mlRetrainColdThreshold: request.mlRetrainColdThreshold || undefined,
    mlCancelledCounts: request.mlCancelledCounts,
    mlManualLimitMonthly: request.mlManualLimitMonthly < 0 ? undefined : request.mlManualLimitMonthly,
    includeSyntheticInAggregates: request.includeSyntheticInAggregates,
    provisionalArchetypesEnabled: request.provisionalArchetypesEnabled,
    defaultVerificationUnitLevel: request.defaultVerificationUnitLevel || undefined,
  };
}

/** What every member may know, whatever they may do: no workflow, whose webhooks carry secrets, and no SSO mapping. */
export function toListedOrganization(organization: OrganizationEntity): ReturnType<typeof toOrganization> {
  return toOrganization({ ...organization, defaultWorkflow: null, ssoAttributeMappings: [] });
}
