import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { WorkflowDefinitionSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import {
  type CreateOrganizationRequest,
  type Organization,
  OrganizationSchema,
  SsoAttributeMappingSchema,
  type UpdateOrganizationRequest,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { fromDefinition, toDefinition } from '../../platform/workflow/workflow.mapper.js';
import type { OrganizationEntity } from './organization.entity.js';
import type { OrganizationRequest } from './organization.rules.js';
import type { NewOrganization } from './organization.service.js';

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

export function toNewOrganization(request: CreateOrganizationRequest): NewOrganization {
  const { name, industry, companySize, dataGovernanceRegion } = request;
  return { name, industry, companySize, dataGovernanceRegion };
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
