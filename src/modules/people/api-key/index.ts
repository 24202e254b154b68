export { ApiKeyEntity } from './api-key.entity.js';
export { ApiKeyModule } from './api-key.module.js';
export { keyTypes } from './api-key.rules.js';
export { ApiKeys } from './api-key.service.js';
