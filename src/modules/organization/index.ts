export { Founding, type FoundingStep } from './founding.js';
export { OrganizationEntity } from './organization.entity.js';
export { OrganizationModule } from './organization.module.js';
export { type FoundedOrganization, type NewOrganization, Organizations } from './organization.service.js';
