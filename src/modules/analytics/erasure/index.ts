export { Erasures } from './erasures.service.js';
export { ErasureModule } from './erasure.module.js';
