export { ProjectModule } from './project.module.js';
export { type ProjectDeletion, Projects } from './project.service.js';
