export { AudienceModule } from './audience.module.js';
