export { AnalyticsCohorts } from './analytics-cohorts.service.js';
export type { FixtureCampaign, FixtureTemplate } from './fixtures/index.js';
export { OrganizationSeeding, type OrganizationSeed } from './organization-seeding.js';
export { firstWorkflow } from './organization.rules.js';
export { OrganizationDeletions, shutTask } from './organization-deletion.service.js';
export { OrganizationEntity } from './organization.entity.js';
export { OrganizationModule } from './organization.module.js';
export { type CreatedOrganization, Organizations } from './organization.service.js';
export { WorkflowChecks } from './workflow-checks.js';
