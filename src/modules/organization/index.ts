export { AnalyticsCohorts, type Cohorts } from './analytics-cohorts.service.js';
export { Founding, type FoundingStep } from './founding.js';
export { OrganizationEntity } from './organization.entity.js';
export { OrganizationModule } from './organization.module.js';
export { type FoundedOrganization, type NewOrganization, Organizations } from './organization.service.js';
export { PrivacySettings } from './privacy-settings.service.js';
