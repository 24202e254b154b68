export { toAccessToken, toTokenPair } from './auth.mapper.js';
export { AuthModule } from './auth.module.js';
export { deviceNameOf } from './device-name.js';
export { PersonStore } from './person.store.js';
export { refuseForeignSession, Sessions, type TokenPair } from './sessions.service.js';
