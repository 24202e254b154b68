export { DeletedProjects } from './deleted-projects.service.js';
export { ProjectModule } from './project.module.js';
export { ProjectKeys } from './project-keys.service.js';
export { Projects } from './project.service.js';
