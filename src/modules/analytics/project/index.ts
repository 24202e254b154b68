export { ProjectModule } from './project.module.js';
export { Projects } from './project.service.js';
