export { type FolderLock, FolderLockedError, holderOf, lockFolder } from './folder-lock.js';
export { makeMasterKey, masterKeyFileOf, readAcceptedKey, readMasterKey } from './master-key.js';
export { runsIn, startTimeOf } from './process-identity.js';
