export { ProfileModule } from './profile.module.js';
export { resyncProfiles } from './profile-resync.store.js';
export { Profiles } from './profiles.service.js';
