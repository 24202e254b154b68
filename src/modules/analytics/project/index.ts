export { AnalyticsVersions } from './analytics-version.store.js';
export { keepProject } from './kept-project.store.js';
export { ProjectModule } from './project.module.js';
export { Projects } from './project.service.js';
