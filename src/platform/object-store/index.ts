export { ObjectStore } from './object-store.js';
export { ObjectStoreModule, openObjectStore } from './object-store.module.js';
export { openSealedFile, SealedFileError, sealedWith } from './sealed-file.js';
