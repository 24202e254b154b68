export { ProfileModule } from './profile.module.js';
export { Profiles } from './profiles.service.js';
