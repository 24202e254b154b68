export { OrganizationAccountsModule } from './organization-accounts.module.js';
