export { ObjectStore } from './object-store.js';
export { ObjectStoreModule } from './object-store.module.js';
export { openSealedFile, SealedFileError, sealedWith } from './sealed-file.js';
