export { AnalyticsCohorts, type Cohorts } from './analytics-cohorts.service.js';
export type { FixtureCampaign, FixtureRoster, FixtureTemplate } from './fixtures/index.js';
export { Founding, type FoundingStep, type Furnishing } from './founding.js';
export { firstWorkflow } from './organization.rules.js';
export { OrganizationEntity } from './organization.entity.js';
export { OrganizationModule } from './organization.module.js';
export { type FoundedOrganization, type NewOrganization, Organizations } from './organization.service.js';
export { PrivacySettings } from './privacy-settings.service.js';
export { type WorkflowCheck, WorkflowChecks } from './workflow-checks.js';
