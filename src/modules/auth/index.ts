export { toAccessToken, toTokenPair } from './auth.mapper.js';
export { AuthModule } from './auth.module.js';
export { Sessions, type TokenPair } from './sessions.service.js';
export type { SsoOrigin } from './session.store.js';
export type { Proof } from './proof.js';
export { originOf, refuseForeignSession, Sessions, type TokenPair } from './sessions.service.js';
