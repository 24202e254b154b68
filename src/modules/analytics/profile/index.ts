export { Identities, type Identity } from './identity.store.js';
export type { PersonIds } from './data-subject.store.js';
export { ProfileModule } from './profile.module.js';
export { ProfileRecords } from './profile-records.store.js';
export { resyncProfiles } from './profile-resync.store.js';
export { Profiles } from './profiles.service.js';
export type { StoredProfile } from './stored-profile.store.js';
export { storedTraits } from './traits.rules.js';
export { refuseProperties, shippedTraits, traitViolations } from './traits-limits.rules.js';
