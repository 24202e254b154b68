export { AnalyticsVersions, firstVersion, projectNumbers } from './analytics-version.store.js';
export { keepProject } from './kept-project.store.js';
export type { ProjectRow } from './project.js';
export { ProjectModule } from './project.module.js';
export { Projects } from './project.service.js';
export { type ListedProjectKey, ProjectKeys } from './project-keys.service.js';
export { PushAccounts } from './push-accounts.service.js';
