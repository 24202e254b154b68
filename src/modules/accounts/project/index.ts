export { ProjectAccountsModule } from './project-accounts.module.js';
