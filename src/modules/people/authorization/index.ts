export { AuthorizationModule } from './authorization.module.js';
export { Principals } from './authorization.service.js';
