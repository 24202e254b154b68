export { toAccessToken, toTokenPair } from './auth.mapper.js';
export { AuthModule } from './auth.module.js';
export { deviceNameOf } from './device-name.js';
export { type Person, PersonStore } from './person.store.js';
export { clientOf } from './sign-in-codes.service.js';
export type { Proof } from './session.store.js';
export { refuseForeignSession, type RefreshedPair, Sessions, type TokenPair } from './sessions.service.js';
